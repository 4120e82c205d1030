/**
 * Gaussian filter of `rows * columns` values: radius `trunc(4 sigma + 0.5)`, weights normalised, edges mirrored with
 * the edge pixel repeated. Golden: synthesis/gauss.
 */
export function gaussianFilter(values: Float64Array, rows: number, columns: number, sigma: number): Float64Array {
  const weights = halfKernel(sigma);
  return filterRows(filterRows(values, rows, columns, weights), columns, rows, weights);
}

/** Weights of the kernel's centre and its one side. */
function halfKernel(sigma: number): Float64Array {
  const radius = Math.trunc(4 * sigma + 0.5);
  const weights = Float64Array.from({ length: radius + 1 }, (_, i) => Math.exp(-0.5 * (i / sigma) ** 2));
  const sum = weights.reduce((total, weight, i) => total + (i === 0 ? weight : 2 * weight), 0);
  return weights.map((weight) => weight / sum);
}

/** Filters every row and returns the result transposed: `columns * rows` values. Four columns at a time, for speed. */
function filterRows(values: Float64Array, rows: number, columns: number, weights: Float64Array): Float64Array {
  const radius = weights.length - 1;
  const mirrored = mirroredIndices(columns, radius);
  const padded = new Float64Array(mirrored.length);
  const transposed = new Float64Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < padded.length; i++) padded[i] = values[row * columns + mirrored[i]!]!;
    for (let column = 0; column < columns; column += 4) {
      const centre = column + radius;
      let sum0 = weights[0]! * padded[centre]!;
      let sum1 = weights[0]! * padded[centre + 1]!;
      let sum2 = weights[0]! * padded[centre + 2]!;
      let sum3 = weights[0]! * padded[centre + 3]!;
      for (let i = 1; i <= radius; i++) {
        const weight = weights[i]!;
        const before = centre - i;
        const after = centre + i;
        sum0 += weight * (padded[before]! + padded[after]!);
        sum1 += weight * (padded[before + 1]! + padded[after + 1]!);
        sum2 += weight * (padded[before + 2]! + padded[after + 2]!);
        sum3 += weight * (padded[before + 3]! + padded[after + 3]!);
      }
      const target = column * rows + row;
      transposed[target] = sum0;
      if (column + 1 < columns) transposed[target + rows] = sum1;
      if (column + 2 < columns) transposed[target + 2 * rows] = sum2;
      if (column + 3 < columns) transposed[target + 3 * rows] = sum3;
    }
  }
  return transposed;
}

/**
 * Where the padded row's values come from: `radius` before the row, and after it as many and up to three that nobody
 * looks at.
 */
function mirroredIndices(length: number, radius: number): Int32Array {
  return Int32Array.from({ length: length + 2 * radius + 3 }, (_, i) => {
    const period = 2 * length;
    const index = (((i - radius) % period) + period) % period;
    return index < length ? index : period - 1 - index;
  });
}
