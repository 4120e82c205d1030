/**
 * `A M A^T`, `[to, to]`, of a square map M `[from, from]` and a matrix A `[to, from]` for either axis, all row-major.
 * Throws a RangeError when `map` has another length than `from * from`.
 */
export function alongBothAxes(matrix: Float32Array, map: Float32Array, from: number, to: number): Float32Array {
  if (map.length !== from * from) {
    throw new RangeError(`The map has ${map.length} values, not ${from} x ${from}; give its true side.`);
  }
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
