import { alongBothAxes } from './separable.js';

/**
 * The matrix U `[to, from]`, row-major, of bilinear interpolation with aligned corners along one axis: `U M U^T`
 * enlarges a square map M. Row i puts its weights on the two inputs around `i (from - 1) / (to - 1)`; with one output
 * or one input that is input 0 (PyTorch's rule). Throws a RangeError unless both sizes are positive integers.
 */
export function upsampleMatrix(from: number, to: number): Float32Array {
  for (const size of [from, to]) {
    if (!Number.isInteger(size) || size < 1) {
      throw new RangeError(`Cannot interpolate from ${from} to ${to} points; give positive integers.`);
    }
  }
  const matrix = new Float32Array(to * from);
  const step = to > 1 ? (from - 1) / (to - 1) : 0;
  for (let i = 0; i < to; i++) {
    const position = i * step;
    const below = Math.min(Math.floor(position), Math.max(from - 2, 0));
    const share = position - below;
    matrix[i * from + below]! += 1 - share;
    if (share > 0) matrix[i * from + below + 1]! += share;
  }
  return matrix;
}

/**
 * Enlarges a square map `[from, from]` to `[to, to]`, both row-major, bilinearly with aligned corners.
 * Throws a RangeError when `map` has another length than `from * from`.
 */
export function upsampleMap(map: Float32Array, from: number, to: number): Float32Array {
  return alongBothAxes(upsampleMatrix(from, to), map, from, to);
}
