import { div, mul, sqrt } from './elementwise.js';
import { reduceSum } from './reduction.js';
import { apply, describe, type Value } from './value.js';

/** Softmax along one axis. */
export function softmax(x: Value, axis: number): Value {
  const along = axis < 0 ? axis + x.shape.length : axis;
  return apply('Softmax', [x], [{ dtype: x.dtype, shape: x.shape }], { axis: { type: 'int', value: along } })[0]!;
}

/** Layer normalisation over the last axis; `scale` and `bias` have that axis' extent. */
export function layerNorm(x: Value, scale: Value, bias: Value, epsilon: number): Value {
  const width = x.shape.at(-1);
  if (scale.shape.length !== 1 || scale.shape[0] !== width || bias.shape[0] !== width) {
    throw new RangeError(`layerNorm of ${describe(x)} needs scale and bias of [${width}], not ${describe(scale)}`);
  }
  const statistics = { dtype: x.dtype, shape: [...x.shape.slice(0, -1), 1] };
  return apply('LayerNormalization', [x, scale, bias], [{ dtype: x.dtype, shape: x.shape }, statistics, statistics], {
    axis: { type: 'int', value: -1 },
    epsilon: { type: 'float', value: epsilon },
  })[0]!;
}

/** `x / ||x||` along one axis, without an epsilon, as the method normalises features and prompts. */
export function l2Normalise(x: Value, axis: number): Value {
  return div(x, sqrt(reduceSum(mul(x, x), { axes: [axis], keepDims: true })));
}
