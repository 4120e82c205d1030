import { describe, expect, test } from '@jest/globals';
import { expectClose, goldenJson, goldenTensors } from '@mediclip/testing';
import { upsampleMap, upsampleMatrix } from './upsample.js';

interface GoldenCase {
  readonly grid: number;
  readonly S: number;
  readonly rows?: readonly number[];
  readonly sum_up: readonly [number, number];
}

const { cases } = goldenJson<{ cases: GoldenCase[] }>('upsample/upsample.json');
const tensors = goldenTensors('upsample/upsample.safetensors');

describe('bilinear enlargement with aligned corners', () => {
  test.each(cases)('of $grid x $grid to $S x $S agrees with PyTorch', ({ grid, S: side, rows, sum_up }) => {
    const input = tensors.get(`g${grid}.input`)!;
    const golden = tensors.get(`g${grid}.s${side}.up${rows ? '.rows' : ''}`)!;
    const goldenRows = rows ?? Array.from({ length: side }, (_, row) => row);
    for (const channel of [0, 1]) {
      const map = upsampleMap(input.slice(channel * grid * grid, (channel + 1) * grid * grid), grid, side);
      const picked = goldenRows.flatMap((row) => [...map.subarray(row * side, (row + 1) * side)]);
      const length = goldenRows.length * side;
      expectClose(picked, golden.subarray(channel * length, (channel + 1) * length), 1e-5);
      const sum = map.reduce((total, value) => total + value, 0);
      expect(Math.abs(sum / sum_up[channel]! - 1)).toBeLessThan(1e-4);
    }
  });

  test.each([
    [1, 5],
    [5, 1],
    [4, 4],
    [7, 224],
    [9, 3],
  ])('the rows of the matrix from %d to %d sum to 1', (from, to) => {
    const matrix = upsampleMatrix(from, to);
    for (let i = 0; i < to; i++) {
      const sum = matrix.subarray(i * from, (i + 1) * from).reduce((total, value) => total + value, 0);
      expect(sum).toBeCloseTo(1, 6);
    }
  });

  test('the same size is the identity', () => {
    expect([...upsampleMatrix(3, 3)]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  });

  test('sizes that are no positive integers are refused', () => {
    expect(() => upsampleMatrix(0, 4)).toThrow(RangeError);
    expect(() => upsampleMatrix(4, 2.5)).toThrow(RangeError);
    expect(() => upsampleMap(new Float32Array(5), 2, 4)).toThrow('true side');
  });
});
