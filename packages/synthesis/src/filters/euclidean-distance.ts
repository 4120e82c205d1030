import type { Mask } from '../masks/mask.js';

/**
 * For every pixel of a mask's box the exact Euclidean distance, in pixels, to the nearest unset pixel of the box: 0
 * where unset, infinite everywhere if no pixel is unset. The border of the box is no edge. Golden: synthesis/smooth.
 *
 * First along columns, then the lower envelope of parabolas along rows: Felzenszwalb and Huttenlocher, "Distance
 * transforms of sampled functions", 2012.
 */
export function euclideanDistance({ rows, columns, data }: Mask): Float64Array {
  const distances = distanceAlongColumns(rows, columns, data);
  const squares = new Float64Array(columns);
  const vertices = new Int32Array(columns);
  const starts = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    const offset = row * columns;
    let last = -1;
    for (let column = 0; column < columns; column++) {
      squares[column] = distances[offset + column]! ** 2;
      if (squares[column] === Number.POSITIVE_INFINITY) continue;
      let start = Number.NEGATIVE_INFINITY;
      while (last >= 0) {
        const vertex = vertices[last]!;
        const gap = column - vertex;
        start = (squares[column]! - squares[vertex]! + gap * (column + vertex)) / (2 * gap);
        if (start > starts[last]!) break;
        last--;
        start = Number.NEGATIVE_INFINITY;
      }
      last++;
      vertices[last] = column;
      starts[last] = start;
    }
    for (let column = 0, i = 0; last >= 0 && column < columns; column++) {
      while (i < last && starts[i + 1]! <= column) i++;
      distances[offset + column] = Math.sqrt((column - vertices[i]!) ** 2 + squares[vertices[i]!]!);
    }
  }
  return distances;
}

/** Distance to the nearest unset pixel of the same column; infinite where the column has none. */
function distanceAlongColumns(rows: number, columns: number, data: Uint8Array): Float64Array {
  const distances = new Float64Array(rows * columns);
  for (let i = 0; i < data.length; i++) {
    if (data[i] !== 0) distances[i] = i < columns ? Number.POSITIVE_INFINITY : distances[i - columns]! + 1;
  }
  for (let i = data.length - columns - 1; i >= 0; i--)
    distances[i] = Math.min(distances[i]!, distances[i + columns]! + 1);
  return distances;
}
