import { expect, test } from '@jest/globals';
import { expectClose } from '@mediclip/testing';
import fc from 'fast-check';
import { gaussianFilter } from './gaussian.js';

/**
 * Straight from the definition: weights of radius trunc(4 sigma + 0.5), edges mirrored with the edge pixel repeated.
 */
function slowFilter(values: Float64Array, rows: number, columns: number, sigma: number): Float64Array {
  const radius = Math.trunc(4 * sigma + 0.5);
  const mirror = (index: number, length: number) => {
    let i = index;
    while (i < 0 || i >= length) i = i < 0 ? -1 - i : 2 * length - 1 - i;
    return i;
  };
  return values.map((_, pixel) => {
    let sum = 0;
    let total = 0;
    for (let y = -radius; y <= radius; y++) {
      for (let x = -radius; x <= radius; x++) {
        const weight = Math.exp(-(x * x + y * y) / (2 * sigma * sigma));
        const row = mirror(Math.floor(pixel / columns) + y, rows);
        sum += weight * values[row * columns + mirror((pixel % columns) + x, columns)]!;
        total += weight;
      }
    }
    return sum / total;
  });
}

test('the filter is the definition, for boxes smaller than the kernel too', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.double({ min: 0.5, max: 3, noNaN: true }),
      fc.uint8Array({ minLength: 81, maxLength: 81 }),
      (rows, columns, sigma, bytes) => {
        const values = new Float64Array(bytes.subarray(0, rows * columns));
        expectClose(gaussianFilter(values, rows, columns, sigma), slowFilter(values, rows, columns, sigma), 1e-9);
      },
    ),
    { numRuns: 50 },
  );
});

test('an even image stays as it is', () => {
  expectClose(gaussianFilter(new Float64Array(30).fill(7), 5, 6, 4), new Float64Array(30).fill(7), 1e-12);
  expect(gaussianFilter(new Float64Array(0), 0, 0, 4)).toHaveLength(0);
});
