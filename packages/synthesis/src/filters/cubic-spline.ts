import type { Size } from '../box.js';

const pole = Math.sqrt(3) - 2;
const gain = 6;
/** The pole's powers beyond this count are below the precision of a double. */
const horizon = 32;

/** A cubic B-spline through `rows * columns` values, mirrored at the edges about the edge pixel. */
export interface CubicSpline extends Size {
  readonly coefficients: Float64Array;
}

/** The spline through the values. Source: Unser, "Splines", 1999, box 2. */
export function cubicSpline(values: Uint8Array, rows: number, columns: number): CubicSpline {
  const coefficients = new Float64Array(values);
  for (let row = 0; columns > 1 && row < rows; row++) prefilterRow(coefficients, row * columns, columns);
  if (rows > 1) prefilterColumns(coefficients, rows, columns);
  return { rows, columns, coefficients };
}

/** The spline's value at (row, column), each within 0 and its last index. */
export function sampleSpline({ rows, columns, coefficients }: CubicSpline, row: number, column: number): number {
  const top = Math.floor(row);
  const left = Math.floor(column);
  const weight0 = cubicWeight(0, column - left);
  const weight1 = cubicWeight(1, column - left);
  const weight2 = cubicWeight(2, column - left);
  const weight3 = cubicWeight(3, column - left);
  const column0 = mirror(left - 1, columns);
  const column2 = mirror(left + 1, columns);
  const column3 = mirror(left + 2, columns);
  let sum = 0;
  for (let i = 0; i < 4; i++) {
    const start = mirror(top - 1 + i, rows) * columns;
    const across =
      weight0 * coefficients[start + column0]! +
      weight1 * coefficients[start + left]! +
      weight2 * coefficients[start + column2]! +
      weight3 * coefficients[start + column3]!;
    sum += cubicWeight(i, row - top) * across;
  }
  return sum;
}

/** The weight of the `i`-th of four neighbouring coefficients, `t` after the second of them. */
function cubicWeight(i: number, t: number): number {
  const s = 1 - t;
  if (i === 0) return (s * s * s) / 6;
  if (i === 1) return 2 / 3 - t * t * (1 - t / 2);
  if (i === 2) return 2 / 3 - s * s * (1 - s / 2);
  return (t * t * t) / 6;
}

function mirror(index: number, length: number): number {
  if (index >= 0 && index < length) return index;
  if (length === 1) return 0;
  const period = 2 * length - 2;
  const wrapped = ((index % period) + period) % period;
  return wrapped < length ? wrapped : period - wrapped;
}

function prefilterRow(values: Float64Array, start: number, length: number): void {
  let first = 0;
  for (let i = horizon; i >= 0; i--) first = first * pole + values[start + mirror(i, length)]!;
  let previous = gain * first;
  values[start] = previous;
  for (let i = start + 1; i < start + length; i++) {
    previous = gain * values[i]! + pole * previous;
    values[i] = previous;
  }
  const last = start + length - 1;
  let next = (pole / (pole * pole - 1)) * (pole * values[last - 1]! + values[last]!);
  values[last] = next;
  for (let i = last - 1; i >= start; i--) {
    next = pole * (next - values[i]!);
    values[i] = next;
  }
}

/** As `prefilterRow` down every column, but one row after the other, in the order of memory. */
function prefilterColumns(values: Float64Array, rows: number, columns: number): void {
  const first = new Float64Array(columns);
  for (let i = horizon; i >= 0; i--) {
    const start = mirror(i, rows) * columns;
    for (let column = 0; column < columns; column++) first[column] = first[column]! * pole + values[start + column]!;
  }
  for (let column = 0; column < columns; column++) values[column] = gain * first[column]!;
  for (let i = columns; i < values.length; i++) values[i] = gain * values[i]! + pole * values[i - columns]!;
  const last = (rows - 1) * columns;
  for (let i = last; i < values.length; i++) {
    values[i] = (pole / (pole * pole - 1)) * (pole * values[i - columns]! + values[i]!);
  }
  for (let i = last - 1; i >= 0; i--) values[i] = pole * (values[i + columns]! - values[i]!);
}
