import { alongBothAxes } from './separable.js';

/**
 * The matrix `[size, size]`, row-major, of Gaussian smoothing along one axis with a standard deviation in cells; at the
 * borders the weights inside share the whole, so that every row sums to 1. Throws a RangeError unless `deviation` is
 * positive.
 */
export function smoothingMatrix(size: number, deviation: number): Float32Array {
  if (!(deviation > 0)) throw new RangeError(`The standard deviation must be above 0, not ${deviation}.`);
  const matrix = new Float32Array(size * size);
  for (let row = 0; row < size; row++) {
    const weights = Array.from({ length: size }, (_, column) =>
      Math.exp(-((row - column) ** 2) / (2 * deviation ** 2)),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    for (const [column, weight] of weights.entries()) matrix[row * size + column] = weight / sum;
  }
  return matrix;
}

/**
 * A square map `[size, size]`, row-major, smoothed along both axes. Throws a RangeError as `smoothingMatrix`, and for
 * another length.
 */
export function smoothMap(map: Float32Array, size: number, deviation: number): Float32Array {
  return alongBothAxes(smoothingMatrix(size, deviation), map, size, size);
}
