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

  test('each is what can be reached from one of its pixels, step by step to the eight around it', () => {
    const maps = fc
      .integer({ min: 1, max: 12 })
      .chain((side) =>
        fc.array(fc.constantFrom(0, 0, 0.5, 0.75, 1), { minLength: side * side, maxLength: side * side }),
      );
    fc.assert(
      fc.property(maps, (values) => {
        const side = Math.sqrt(values.length);
        const found = findRegions(Float32Array.from(values), side, { threshold: 0.5 });
        const inOrder = (a: Reached, b: Reached) => b.peak - a.peak || a.y - b.y || a.x - b.x || a.pixels - b.pixels;
        const seen = found.map(({ box, areaPixels, peak, mean }) => {
          expect(values[peak.y * side + peak.x]).toBe(peak.value);
          return { ...box, pixels: areaPixels, peak: peak.value, mean };
        });
        expect(seen.map(({ peak }) => peak)).toEqual([...seen.map(({ peak }) => peak)].sort((a, b) => b - a));
        expect(seen.sort(inOrder)).toEqual(regionsByReach(values, side).sort(inOrder));
      }),
    );
  });
});

interface Reached {
  x: number;
  y: number;
  pixels: number;
  peak: number;
}

/** Regions of values from 0.5 on, each by walking from pixel to pixel. */
function regionsByReach(values: readonly number[], side: number) {
  const left = new Set([...values.keys()].filter((pixel) => values[pixel]! >= 0.5));
  const regions = [];
  for (const start of left) {
    const region = [start];
    left.delete(start);
    for (const pixel of region) {
      for (const other of [...left]) {
        const [dx, dy] = [(other % side) - (pixel % side), Math.floor(other / side) - Math.floor(pixel / side)];
        if (Math.abs(dx) <= 1 && Math.abs(dy) <= 1 && left.delete(other)) region.push(other);
      }
    }
    const [columns, rows] = [region.map((pixel) => pixel % side), region.map((pixel) => Math.floor(pixel / side))];
    const [x, y] = [Math.min(...columns), Math.min(...rows)];
    const of = region.map((pixel) => values[pixel]!);
    regions.push({
      ...{ x, y, width: Math.max(...columns) - x + 1, height: Math.max(...rows) - y + 1 },
      ...{ pixels: region.length, peak: Math.max(...of), mean: of.reduce((sum, value) => sum + value) / of.length },
    });
  }
  return regions;
}
