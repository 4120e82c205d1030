import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { smoothingMatrix, smoothMap } from './smooth.js';

const sizes = fc.integer({ min: 1, max: 24 });
const deviations = fc.double({ min: 0.05, max: 20, noNaN: true });

describe('Gaussian smoothing', () => {
  test('leaves a constant map as it is, and all others within their range', () => {
    const maps = sizes.chain((size) =>
      fc.tuple(
        fc.constant(size),
        fc.float32Array({ minLength: size * size, maxLength: size * size, min: -4, max: 4, noNaN: true }),
      ),
    );
    fc.assert(
      fc.property(maps, deviations, fc.float({ min: -4, max: 4, noNaN: true }), ([size, map], deviation, value) => {
        for (const same of smoothMap(
          map.map(() => value),
          size,
          deviation,
        ))
          expect(same).toBeCloseTo(value, 4);
        const [lowest, highest] = [Math.min(...map), Math.max(...map)];
        for (const smoothed of smoothMap(map, size, deviation)) {
          expect(smoothed).toBeGreaterThanOrEqual(lowest - 1e-4);
          expect(smoothed).toBeLessThanOrEqual(highest + 1e-4);
        }
      }),
    );
  });

  test('far from the borders spreads a point as the Gaussian says', () => {
    const size = 31;
    const map = new Float32Array(size * size);
    map[15 * size + 15] = 1;
    const smoothed = smoothMap(map, size, 2);
    for (const [down, right] of [
      [0, 0],
      [1, 0],
      [0, 2],
      [3, 4],
    ] as const) {
      const expected = Math.exp(-(down ** 2 + right ** 2) / 8) / (8 * Math.PI);
      expect(smoothed[(15 + down) * size + 15 + right]).toBeCloseTo(expected, 5);
    }
  });

  test('by hardly anything is none', () => {
    expect([...smoothingMatrix(3, 0.05)]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  });

  test('refuses a deviation that is not positive, and a map of another size', () => {
    expect(() => smoothingMatrix(4, 0)).toThrow(RangeError);
    expect(() => smoothMap(new Float32Array(5), 2, 1)).toThrow('true side');
  });
});
