import {
  add,
  cast,
  div,
  greater,
  log,
  mul,
  neg,
  reduceMean,
  reduceSum,
  scalar,
  sub,
  type Value,
} from '@mediclip/onnx-graph';

export interface Losses {
  readonly focal: Value;
  readonly dice: Value;
  readonly total: Value;
}

const smoothing = 1e-5;

/**
 * The training losses (method.md, section 5) as scalars. `map` is the abnormal probability [batch, side, side], `masks`
 * the labels in [0, 1] of the same shape, and `weights` [batch] sums to 1: 1/n for each of n images, 0 for padding.
 */
export function losses(map: Value, masks: Value, weights: Value): Losses {
  const focal = neg(weightedSum(reduceMean(focalPerPixel(map, masks), { axes: [1, 2] }), weights));
  const dice = sub(scalar(1), weightedSum(dicePerImage(map, masks), weights));
  return { focal, dice, total: add(focal, dice) };
}

const weightedSum = (perImage: Value, weights: Value): Value => reduceSum(mul(perImage, weights));

/**
 * `(1 - pt)^2 log(pt)`, the negative of the loss; soft labels count as 0, and the one-hot label is clamped away from 0
 * and 1. Written with as few passes over all pixels as it takes, forward and backward.
 */
function focalPerPixel(map: Value, masks: Value): Value {
  const normal = cast(greater(scalar(1), masks), 'float32');
  const sign = sub(scalar(1), mul(normal, scalar(2)));
  const ofLabel = add(normal, mul(sign, map));
  const pt = add(mul(ofLabel, scalar(1 - 2 * smoothing)), scalar(2 * smoothing));
  const miss = sub(pt, scalar(1));
  return mul(mul(miss, miss), log(pt));
}

function dicePerImage(map: Value, masks: Value): Value {
  const perImage = (x: Value) => reduceSum(x, { axes: [1, 2] });
  const overlap = perImage(mul(map, masks));
  const total = add(perImage(map), perImage(masks));
  return div(add(mul(overlap, scalar(2)), scalar(1)), add(total, scalar(1)));
}
