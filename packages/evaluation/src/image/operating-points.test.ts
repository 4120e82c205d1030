import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { operatingPoints } from './operating-points.js';

describe('operating points', () => {
  test('count what was counted by hand on 40 scores with ties', () => {
    // Ten scores, 0.0 to 0.9, each of two normal and two abnormal images; abnormal images above 0.5 are doubled by
    // moving those below.
    const scores = Array.from({ length: 40 }, (_, i) => Math.floor(i / 4) / 10);
    const abnormal = scores.map((score, i) => (score >= 0.5 ? i % 4 !== 0 : i % 4 === 0));
    const points = operatingPoints(scores, abnormal);
    expect(points.map(({ threshold }) => threshold)).toEqual([-1, 0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]);
    const counts = points.map((p) => [p.truePositives, p.falsePositives, p.falseNegatives, p.trueNegatives]);
    expect(counts).toEqual([
      [20, 20, 0, 0],
      [19, 17, 1, 3],
      [18, 14, 2, 6],
      [17, 11, 3, 9],
      [16, 8, 4, 12],
      [15, 5, 5, 15],
      [12, 4, 8, 16],
      [9, 3, 11, 17],
      [6, 2, 14, 18],
      [3, 1, 17, 19],
      [0, 0, 20, 20],
    ]);
    // Wilson's interval of 15 of 20.
    expect(points[5]!.sensitivity!.value).toBe(0.75);
    expect(points[5]!.sensitivity!.low).toBeCloseTo(0.5313, 4);
    expect(points[5]!.sensitivity!.high).toBeCloseTo(0.8881, 4);
  });

  test('equal a plain count at their thresholds, whatever the scores, and are at most as many as asked for', () => {
    const image = fc.record({ score: fc.integer({ min: 0, max: 30 }).map((n) => n / 30), abnormal: fc.boolean() });
    fc.assert(
      fc.property(fc.array(image, { minLength: 1, maxLength: 80 }), fc.integer({ min: 2, max: 12 }), (images, most) => {
        const points = operatingPoints(
          images.map(({ score }) => score),
          images.map(({ abnormal }) => abnormal),
          most,
        );
        expect(points.length).toBeLessThanOrEqual(most);
        for (const point of points) {
          const called = images.filter(({ score }) => score > point.threshold);
          expect(point.truePositives).toBe(called.filter(({ abnormal }) => abnormal).length);
          expect(point.falsePositives).toBe(called.length - point.truePositives);
          const sum = point.truePositives + point.falsePositives + point.falseNegatives + point.trueNegatives;
          expect(sum).toBe(images.length);
        }
        const thresholds = points.map(({ threshold }) => threshold);
        expect(thresholds).toEqual(thresholds.toSorted((a, b) => a - b));
      }),
    );
  });

  test('without a class say nothing of its share', () => {
    const [point] = operatingPoints([0.5], [false]);
    expect(point).toMatchObject({ threshold: 0, falsePositives: 1, sensitivity: undefined });
  });
});
