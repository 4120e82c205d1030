import {
  add,
  cast,
  clip,
  div,
  greaterOrEqual,
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
  const focal = weightedSum(reduceMean(focalPerPixel(map, masks), { axes: [1, 2] }), weights);
  const dice = sub(scalar(1), weightedSum(dicePerImage(map, masks), weights));
  return { focal, dice, total: add(focal, dice) };
}

const weightedSum = (perImage: Value, weights: Value): Value => reduceSum(mul(perImage, weights));

/** `-(1 - pt)^2 log(pt)`; soft labels count as 0, and the one-hot label is clamped away from 0 and 1. */
function focalPerPixel(map: Value, masks: Value): Value {
  const abnormal = cast(greaterOrEqual(masks, scalar(1)), 'float32');
  const soften = (oneHot: Value) => clip(oneHot, smoothing, 1 - smoothing);
  const agreement = add(mul(soften(abnormal), map), mul(soften(sub(scalar(1), abnormal)), sub(scalar(1), map)));
  const pt = add(agreement, scalar(smoothing));
  const miss = sub(scalar(1), pt);
  return neg(mul(mul(miss, miss), log(pt)));
}

function dicePerImage(map: Value, masks: Value): Value {
  const perImage = (x: Value) => reduceSum(x, { axes: [1, 2] });
  const overlap = perImage(mul(map, masks));
  const total = add(perImage(map), perImage(masks));
  return div(add(mul(overlap, scalar(2)), scalar(1)), add(total, scalar(1)));
}
