import { reshape } from './layout.js';
import { apply, indices, type Shape, sameShape, type Value } from './value.js';

export interface ReduceOptions {
  /** Axes to reduce; all of them when left out. Negative axes count from the end. */
  readonly axes?: readonly number[];
  /** Keep the reduced axes with extent 1 (default false). */
  readonly keepDims?: boolean;
}

function resolve(x: Value, { axes, keepDims = false }: ReduceOptions) {
  const rank = x.shape.length;
  const reduced = (axes ?? x.shape.map((_, axis) => axis)).map((axis) => (axis < 0 ? axis + rank : axis));
  const kept = x.shape.map((extent, axis) => (reduced.includes(axis) ? 1 : extent));
  const shape = keepDims ? kept : x.shape.filter((_, axis) => !reduced.includes(axis));
  return { reduced, shape, keepDims };
}

export function reduceSum(x: Value, options: ReduceOptions = {}): Value {
  const { reduced, shape, keepDims } = resolve(x, options);
  return apply('ReduceSum', [x, indices(reduced)], [{ dtype: x.dtype, shape }], {
    keepdims: { type: 'int', value: keepDims ? 1 : 0 },
  })[0]!;
}

/** Opset 17 takes the axes of these as an attribute, those of ReduceSum as an input. */
const reduceByAttribute =
  (operator: string) =>
  (x: Value, options: ReduceOptions = {}): Value => {
    const { reduced, shape, keepDims } = resolve(x, options);
    return apply(operator, [x], [{ dtype: x.dtype, shape }], {
      axes: { type: 'ints', value: reduced },
      keepdims: { type: 'int', value: keepDims ? 1 : 0 },
    })[0]!;
  };

export const reduceMean = reduceByAttribute('ReduceMean');
export const reduceMax = reduceByAttribute('ReduceMax');
/** The sums of squares. */
export const reduceSumSquare = reduceByAttribute('ReduceSumSquare');

/** Sums a gradient over the axes along which a value of `shape` had been broadcast. */
export function sumToShape(x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x;
  const offset = x.shape.length - shape.length;
  const axes = x.shape.map((_, axis) => axis).filter((axis) => axis < offset || shape[axis - offset] !== x.shape[axis]);
  return reshape(reduceSum(x, { axes, keepDims: true }), shape);
}

/** The `k` largest elements along the last axis, in falling order. */
export function topK(x: Value, k: number): Value {
  const shape = [...x.shape.slice(0, -1), k];
  return apply(
    'TopK',
    [x, indices([k])],
    [
      { dtype: x.dtype, shape },
      { dtype: 'int64', shape },
    ],
    { axis: { type: 'int', value: x.shape.length - 1 } },
  )[0]!;
}
