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
  if (map.length !== from * from) {
    throw new RangeError(`The map has ${map.length} values, not ${from} x ${from}; give its true side.`);
  }
  const matrix = upsampleMatrix(from, to);
  const rows = multiply(matrix, to, from, (row, column) => map[row * from + column]!, from);
  return multiply(matrix, to, from, (row, column) => rows[column * from + row]!, to, true);
}

/** `matrix [outputs, inputs]` times the columns that `input(row, column)` gives, optionally stored transposed. */
function multiply(
  matrix: Float32Array,
  outputs: number,
  inputs: number,
  input: (row: number, column: number) => number,
  columns: number,
  transposed = false,
): Float32Array {
  const product = new Float32Array(outputs * columns);
  for (let i = 0; i < outputs; i++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let k = 0; k < inputs; k++) {
        const weight = matrix[i * inputs + k]!;
        if (weight !== 0) sum += weight * input(k, column);
      }
      product[transposed ? column * outputs + i : i * columns + column] = sum;
    }
  }
  return product;
}
