import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { describeMap } from './describe-map.js';

describe('description of a map', () => {
  test('a region is a box in pixels of the image, its area scaled with it', () => {
    const map = new Float32Array(16);
    map.set([0.6, 0.9], 5);
    const { regions, mapRegions, map: summary } = describeMap(map, 4, { width: 40, height: 20 }, 0.5);
    expect(regions).toEqual([{ x: 10, y: 5, width: 20, height: 5, areaPixels: 100, peak: Math.fround(0.9) }]);
    expect(mapRegions).toMatchObject([{ box: { x: 1, y: 1, width: 2, height: 1 }, areaPixels: 2 }]);
    expect(summary).toEqual({ width: 4, height: 4, min: 0, max: Math.fround(0.9) });
  });

  test('specks and all beyond twenty regions are left out', () => {
    const side = 60;
    const specks = new Float32Array(side * side);
    specks[100] = 1;
    expect(describeMap(specks, side, { width: side, height: side }, 0.5).regions).toEqual([]);
    const dots = new Float32Array(10 * 10).map((_, i) => (i % 2 === 0 && Math.floor(i / 10) % 2 === 0 ? 1 : 0));
    expect(describeMap(dots, 10, { width: 10, height: 10 }, 0.5).regions).toHaveLength(20);
  });

  test('every box lies in the image and has at least a pixel', () => {
    fc.assert(
      fc.property(
        fc.float32Array({ minLength: 25, maxLength: 25, min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 50 }),
        (map, width, height) => {
          for (const region of describeMap(map, 5, { width, height }, 0.5).regions) {
            expect(Math.min(region.width, region.height)).toBeGreaterThanOrEqual(1);
            expect(region.x + region.width).toBeLessThanOrEqual(width);
            expect(region.y + region.height).toBeLessThanOrEqual(height);
          }
        },
      ),
    );
  });
});
