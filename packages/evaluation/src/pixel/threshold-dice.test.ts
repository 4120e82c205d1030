import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PixelMetricsAccumulator } from './pixel-metrics.js';

const side = 4;
const map = fc.array(
  fc.integer({ min: 0, max: 7 }).map((level) => level / 8),
  { minLength: 16, maxLength: 16 },
);
const mask = fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 16, maxLength: 16 });
const images = fc.array(fc.tuple(map, mask), { minLength: 1, maxLength: 6 });

function metrics(all: readonly (readonly [readonly number[], readonly number[]])[], threshold?: number) {
  const accumulator = new PixelMetricsAccumulator({ resamples: 20, threshold });
  for (const [values, truth] of all) accumulator.add(Float32Array.from(values), Uint8Array.from(truth), side, side);
  return accumulator.result();
}

describe('Dice at a threshold that was chosen beforehand', () => {
  test('is twice the overlap by the sum of the areas, over all images together', () => {
    fc.assert(
      fc.property(images, fc.integer({ min: 0, max: 8 }), (all, level) => {
        const pixels = all.flatMap(([values, truth]) =>
          values.map((value, i) => ({ flagged: value >= level / 8, abnormal: truth[i] === 1 })),
        );
        const count = (wanted: (pixel: (typeof pixels)[number]) => boolean) => pixels.filter(wanted).length;
        const { thresholdDice } = metrics(all, level / 8);
        if (count(({ abnormal }) => abnormal) === 0) {
          expect(thresholdDice).toMatchObject({ defined: false });
          return;
        }
        const overlap = count(({ flagged, abnormal }) => flagged && abnormal);
        const areas = count(({ flagged }) => flagged) + count(({ abnormal }) => abnormal);
        expect(thresholdDice).toMatchObject({ defined: true, threshold: level / 8 });
        expect(thresholdDice?.defined && thresholdDice.value).toBeCloseTo((2 * overlap) / areas, 12);
      }),
    );
  });

  test('is the best Dice at the best threshold, and never above it', () => {
    fc.assert(
      fc.property(images, fc.integer({ min: 0, max: 8 }), (all, level) => {
        const { bestDice } = metrics(all);
        fc.pre(bestDice.defined);
        if (!bestDice.defined || bestDice.threshold === null) return;
        const at = (threshold: number) => {
          const { thresholdDice } = metrics(all, threshold);
          return thresholdDice?.defined ? thresholdDice.value : Number.NaN;
        };
        expect(at(bestDice.threshold)).toBeCloseTo(bestDice.value, 12);
        expect(at(level / 8)).toBeLessThanOrEqual(bestDice.value + 1e-12);
      }),
      { numRuns: 30 },
    );
  });

  test('has an interval around it, and is missing without a threshold', () => {
    const all = Array.from({ length: 8 }, (_, image) => {
      const values = Array.from({ length: 16 }, (_, i) => ((i * (image + 3)) % 16) / 16);
      return [values, values.map((value, i) => Number(image % 2 === 0 && (value + i) % 3 > 1))] as const;
    });
    const { thresholdDice } = metrics(all, 0.5);
    if (!thresholdDice?.defined || !thresholdDice.interval.defined) throw new Error('There is no interval.');
    expect(thresholdDice.interval.low).toBeLessThanOrEqual(thresholdDice.value);
    expect(thresholdDice.interval.high).toBeGreaterThanOrEqual(thresholdDice.value);
    expect(metrics(all)).not.toHaveProperty('thresholdDice');
  });
});
