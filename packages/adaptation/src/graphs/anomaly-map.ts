import { upsampleMatrix } from '@mediclip/maps';
import {
  abs,
  add,
  constant,
  div,
  exp,
  log,
  matMul,
  minimum,
  mul,
  neg,
  reduceMax,
  reduceMean,
  reshape,
  scalar,
  sigmoid,
  slice,
  sqrt,
  sub,
  topK,
  transpose,
  type Value,
} from '@mediclip/onnx-graph';
import type { ScoringOptions } from '../options.js';
import { type Adapter, squaredLengths } from './squared-lengths.js';

/**
 * How much closer every location is to the abnormal than to the normal state, [batch, G, G] at the largest tap grid
 * (method.md, sections 2 and 4): per tap, adapt the features, take the cosine with both states, subtract; the mean over
 * the taps.
 *
 * Three savings that change nothing: only the difference of the two cosines matters to a softmax over two states, so it
 * is all that is kept; its numerator needs no adapted features, only the adapter's weight seen from the states; and the
 * 1x1 convolution and the resize to the largest grid commute, so numbers are resized, never vectors.
 *
 * `features` are [batch, C, g, g] each, `states` is [2, E] of unit rows.
 */
export function stateContrast(features: readonly Value[], adapters: readonly Adapter[], states: Value): Value {
  const grid = Math.max(...features.map((tap) => tap.shape[2]!));
  const direction = sub(slice(states, 0, 1, 2), slice(states, 0, 0, 1));
  const perTap = features.map((tap, index) => tapContrast(tap, adapters[index]!, direction, grid));
  return mul(perTap.reduce(add), scalar(1 / features.length));
}

/** Of one tap, [batch, grid, grid]. Locations are rows of channels, so that a product is one for all images. */
function tapContrast(tap: Value, adapter: Adapter, direction: Value, grid: number): Value {
  const { weight, bias } = adapter;
  const [batch, channels, side] = tap.shape as [number, number, number];
  const locations = reshape(transpose(reshape(tap, [batch, channels, side * side])), [batch * side * side, channels]);
  const offset = matMul(direction, reshape(bias, [weight.shape[0]!, 1]));
  const along = add(matMul(locations, transpose(matMul(direction, weight))), offset);
  const length = sqrt(squaredLengths(locations, adapter, side, grid));
  return div(resizeGrid(reshape(along, [batch, side, side]), grid), length);
}

/** Bilinear resize of the last two axes, align_corners = true, as the product `U x U^T`. */
export function resizeGrid(x: Value, size: number): Value {
  const from = x.shape.at(-1)!;
  return from === size ? x : alongBothAxes(upsampleMatrix(from, size), x, size);
}

/** `A x A^T` over the last two axes, for a matrix A [size, size of x]. */
export function alongBothAxes(matrix: Float32Array, x: Value, size: number): Value {
  const factor = constant(matrix, [size, x.shape.at(-1)!]);
  return matMul(matMul(factor, x), transpose(factor));
}

/** The abnormal channel of the softmax over both states at `side` x `side`, [batch, side, side], from the contrast. */
export function anomalyMap(contrast: Value, side: number): Value {
  return sigmoid(resizeGrid(contrast, side));
}

/** The image scores, [batch], of maps [batch, side, side]: their maximum, or the mean of their highest share. */
export function poolScores(map: Value, scoring: ScoringOptions): Value {
  const [batch, side] = map.shape;
  if (scoring.pooling === 'max') return reduceMax(map, { axes: [1, 2] });
  const count = pooledCount(scoring.topShare, side! * side!);
  return reduceMean(topK(reshape(map, [batch!, side! * side!]), count), { axes: [1] });
}

/**
 * The image scores on an unbounded scale, [batch]: log(s / (1 - s)) of the score s that `poolScores` makes of the
 * sigmoid of `logits` [batch, side, side]. Computed from logarithms, so that images whose scores are all 1 (or 0) in
 * float32 keep their order.
 */
export function poolLogits(logits: Value, scoring: ScoringOptions): Value {
  const [batch, side] = logits.shape;
  if (scoring.pooling === 'max') return reduceMax(logits, { axes: [1, 2] });
  const count = pooledCount(scoring.topShare, side! * side!);
  const highest = topK(reshape(logits, [batch!, side! * side!]), count);
  return sub(logMeanExp(logSigmoid(highest)), logMeanExp(logSigmoid(neg(highest))));
}

function logSigmoid(x: Value): Value {
  return sub(minimum(x, scalar(0)), log(add(scalar(1), exp(neg(abs(x))))));
}

/** log(mean(exp(x))) of each row of x [batch, n]; [batch]. */
function logMeanExp(x: Value): Value {
  const highest = reduceMax(x, { axes: [1], keepDims: true });
  const mean = reduceMean(exp(sub(x, highest)), { axes: [1], keepDims: true });
  return reshape(add(highest, log(mean)), [x.shape[0]!]);
}

/** How many of a map's values the pooling `top` averages. */
export const pooledCount = (topShare: number, values: number): number => Math.max(1, Math.round(topShare * values));
