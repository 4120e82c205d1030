import { upsampleMatrix } from '@mediclip/maps';
import {
  add,
  clip,
  concat,
  constant,
  expand,
  matMul,
  mul,
  reduceSum,
  reduceSumSquare,
  reshape,
  scalar,
  slice,
  transpose,
  type Value,
} from '@mediclip/onnx-graph';

/** The trained 1x1 convolution of one tap: `weight` [E, C], `bias` [E]. */
export interface Adapter {
  readonly weight: Value;
  readonly bias: Value;
}

/** What a square is at least and at most: rounding must not make a vector near 0 have none, or a negative one. */
const leastSquare = 1e-12;
const mostSquare = 1e38;

/**
 * The squared length at every place, [batch, grid, grid], of the vectors that an adapter makes of `locations`
 * [batch * side * side, C], enlarged bilinearly from `side` to `grid`.
 *
 * No vector is enlarged: one between four neighbours is a weighted sum of them, so its squared length is a weighted sum
 * of their inner products, and only those are enlarged.
 */
export function squaredLengths(locations: Value, adapter: Adapter, side: number, grid: number): Value {
  const vectors =
    2 * locations.shape[1]! > adapter.weight.shape[0]!
      ? adaptedVectors(locations, adapter, side)
      : imaginedVectors(locations, adapter, side);
  return clip(enlargedSquares(vectors, side, grid), leastSquare, mostSquare);
}

function enlargedSquares({ squares, products }: VectorGrid, side: number, grid: number): Value {
  if (grid === side) return squares;
  if (side === 1) return expand(squares, [squares.shape[0]!, grid, grid]);
  const across = products([0, 0], [0, 1]);
  const down = products([0, 0], [1, 0]);
  const diagonal = mul(add(products([0, 0], [1, 1]), products([0, 1], [1, 0])), scalar(0.5));
  const all = concat([concat([squares, across], 2), concat([down, diagonal], 2)], 1);
  const weights = constant(squaredWeights(side, grid), [grid, 2 * side - 1]);
  return matMul(matMul(weights, all), transpose(weights));
}

/** Row and column. */
type Place = readonly [number, number];

/** Inner products of vectors on a grid [batch, side, side]. */
interface VectorGrid {
  /** Of each with itself, [batch, side, side]. */
  readonly squares: Value;
  /** Of the one at `a` with the one at `b` and so on along both axes, as far as both lie on the grid. */
  readonly products: (a: Place, b: Place) => Value;
}

function adaptedVectors(locations: Value, { weight, bias }: Adapter, side: number): VectorGrid {
  const vectors = onGrid(add(matMul(locations, transpose(weight)), bias), side);
  const squares = reduceSumSquare(vectors, { axes: [3] });
  const products = (a: Place, b: Place) => reduceSum(mul(from(vectors, a, b), from(vectors, b, a)), { axes: [3] });
  return { squares, products };
}

/**
 * The same where the vectors would be much longer than the features: they are never made, for
 * `(W x + b) . (W y + b) = (W'W x + W'b) . y + x . W'b + b . b`.
 */
function imaginedVectors(locations: Value, { weight, bias }: Adapter, side: number): VectorGrid {
  const width = weight.shape[0]!;
  const row = reshape(bias, [1, width]);
  const bent = matMul(row, weight);
  const features = onGrid(locations, side);
  const images = onGrid(add(matMul(locations, matMul(transpose(weight), weight)), bent), side);
  const rest = onGrid(add(matMul(locations, transpose(bent)), matMul(row, transpose(row))), side);
  const products = (a: Place, b: Place) =>
    add(
      reduceSum(mul(from(images, a, b), from(features, b, a)), { axes: [3] }),
      reduceSum(from(rest, a, b), { axes: [3] }),
    );
  return { squares: products([0, 0], [0, 0]), products };
}

/** Rows [batch * side * side, width] as [batch, side, side, width]. */
function onGrid(rows: Value, side: number): Value {
  const [count, width] = rows.shape as [number, number];
  return reshape(rows, [count / side ** 2, side, side, width]);
}

/** The part of a grid that begins at `start` and has as much as there is when another part begins at `other`. */
function from(grid: Value, start: Place, other: Place): Value {
  return [0, 1].reduce((part, axis) => {
    const left = Math.max(start[axis]!, other[axis]!);
    const extent = part.shape[axis + 1]! - left;
    return left === 0 ? part : slice(part, axis + 1, start[axis]!, start[axis]! + extent);
  }, grid);
}

/**
 * [to, 2 * size - 1]: what inner products along one axis weigh in the squared length of an enlarged vector, those of
 * each of `size` vectors with itself, then those of each with the next one.
 */
function squaredWeights(size: number, to: number): Float32Array {
  const weights = upsampleMatrix(size, to);
  const width = 2 * size - 1;
  const squared = new Float32Array(to * width);
  for (let i = 0; i < to; i++) {
    for (let j = 0; j < size; j++) {
      const weight = weights[i * size + j]!;
      squared[i * width + j] = weight ** 2;
      if (j + 1 < size) squared[i * width + size + j] = 2 * weight * weights[i * size + j + 1]!;
    }
  }
  return squared;
}
