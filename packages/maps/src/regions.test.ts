import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findRegions } from './regions.js';

const map = (rows: number[][]) => Float32Array.from(rows.flat());

describe('regions of a map', () => {
  test('are boxes with area, mean and peak, the highest peak first', () => {
    const regions = findRegions(
      map([
        [0.5, 0, 0, 0],
        [0, 0.75, 0, 0],
        [0, 0, 0, 0],
        [0, 0, 0, 1],
      ]),
      4,
      { threshold: 0.5 },
    );
    expect(regions).toEqual([
      {
        box: { x: 3, y: 3, width: 1, height: 1 },
        areaPixels: 1,
        areaShare: 1 / 16,
        peak: { x: 3, y: 3, value: 1 },
        mean: 1,
      },
      {
        box: { x: 0, y: 0, width: 2, height: 2 },
        areaPixels: 2,
        areaShare: 2 / 16,
        peak: { x: 1, y: 1, value: 0.75 },
        mean: 0.625,
      },
    ]);
  });

  test('a map below the threshold has none', () => {
    expect(findRegions(new Float32Array(9), 3, { threshold: 0.1 })).toEqual([]);
  });

  test('small ones are left out when asked to, and nothing stays of one map for the next', () => {
    const both = map([
      [1, 1, 0],
      [0, 0, 0],
      [0, 0, 0.5],
    ]);
    expect(findRegions(both, 3, { threshold: 0.5 })).toHaveLength(2);
    expect(findRegions(both, 3, { threshold: 0.5, smallestPixels: 2 })).toMatchObject([{ areaPixels: 2 }]);
    expect(findRegions(both, 3, { threshold: 0.6 })).toMatchObject([{ areaPixels: 2 }]);
  });

  test('together they hold every pixel at or above the threshold once', () => {
    const side = 8;
    fc.assert(
      fc.property(
        fc.float32Array({ minLength: side * side, maxLength: side * side, min: 0, max: 1, noNaN: true }),
        (values) => {
          const regions = findRegions(values, side, { threshold: 0.5 });
          expect(regions.reduce((sum, { areaPixels }) => sum + areaPixels, 0)).toBe(
            values.filter((value) => value >= 0.5).length,
          );
          for (const { box, areaPixels, peak, mean } of regions) {
            expect(areaPixels).toBeLessThanOrEqual(box.width * box.height);
            expect(box.x + box.width).toBeLessThanOrEqual(side);
            expect(peak.value).toBe(values[peak.y * side + peak.x]);
            expect(peak.value).toBeGreaterThanOrEqual(mean - 1e-6);
          }
        },
      ),
    );
  });
});
