import type { ElementType } from './runtime.js';
import { apply, describe, type Shape, scalar, type Value } from './value.js';

/** NumPy's broadcasting rule. Throws a RangeError that names both shapes when they do not fit. */
export function broadcastShapes(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw new RangeError(`shapes [${a.join(', ')}] and [${b.join(', ')}] cannot be broadcast together`);
    }
    return left === 1 ? right : left;
  });
}

function requireSameType(operator: string, a: Value, b: Value): void {
  if (a.dtype !== b.dtype)
    throw new TypeError(`${operator} needs one element type, not ${describe(a)} and ${describe(b)}`);
}

const binary =
  (operator: string) =>
  (a: Value, b: Value): Value => {
    requireSameType(operator, a, b);
    return apply(operator, [a, b], [{ dtype: a.dtype, shape: broadcastShapes(a.shape, b.shape) }])[0]!;
  };

const comparison =
  (operator: string) =>
  (a: Value, b: Value): Value => {
    requireSameType(operator, a, b);
    return apply(operator, [a, b], [{ dtype: 'bool', shape: broadcastShapes(a.shape, b.shape) }])[0]!;
  };

const unary =
  (operator: string) =>
  (x: Value): Value =>
    apply(operator, [x], [{ dtype: x.dtype, shape: x.shape }])[0]!;

export const add = binary('Add');
export const sub = binary('Sub');
export const mul = binary('Mul');
export const div = binary('Div');
export const pow = binary('Pow');
export const minimum = binary('Min');
export const greater = comparison('Greater');
export const neg = unary('Neg');
export const exp = unary('Exp');
export const log = unary('Log');
export const sqrt = unary('Sqrt');
export const sigmoid = unary('Sigmoid');
export const erf = unary('Erf');
export const relu = unary('Relu');
export const abs = unary('Abs');
export const logicalNot = unary('Not');

/** `min(max(x, low), high)`; the gradient is 1 strictly inside the bounds and 0 outside. */
export function clip(x: Value, low: number, high: number): Value {
  return apply('Clip', [x, scalar(low), scalar(high)], [{ dtype: x.dtype, shape: x.shape }])[0]!;
}

export function cast(x: Value, dtype: ElementType): Value {
  if (x.dtype === dtype) return x;
  return apply('Cast', [x], [{ dtype, shape: x.shape }], { to: { type: 'int', value: onnxElementType[dtype] } })[0]!;
}

/** Elementwise `condition ? a : b`, broadcast. */
export function where(condition: Value, a: Value, b: Value): Value {
  requireSameType('Where', a, b);
  const shape = broadcastShapes(condition.shape, broadcastShapes(a.shape, b.shape));
  return apply('Where', [condition, a, b], [{ dtype: a.dtype, shape }])[0]!;
}

/** Exact GELU, `x * Phi(x)`. */
export const gelu = (x: Value): Value => mul(mul(x, scalar(0.5)), add(erf(mul(x, scalar(Math.SQRT1_2))), scalar(1)));

/** `x * sigmoid(1.702 x)`, the activation of OpenAI's CLIP weights. */
export const quickGelu = (x: Value): Value => mul(x, sigmoid(mul(x, scalar(1.702))));

/** ReLU clipped at 6, as in MobileNet and EfficientNet-Lite. */
export const relu6 = (x: Value): Value => clip(x, 0, 6);

/** The numbers of `TensorProto.DataType`. */
export const onnxElementType: Readonly<Record<ElementType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
};
