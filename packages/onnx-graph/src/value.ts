import type { ElementType, Tensor } from './runtime.js';

/** Row-major shape; every extent is known when the graph is written. `[]` is a scalar. */
export type Shape = readonly number[];

export type Attribute =
  | { readonly type: 'int'; readonly value: number }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'ints'; readonly value: readonly number[] }
  | { readonly type: 'string'; readonly value: string };

/** Where the bytes of an external constant lie: a file beside the model, an offset and a length in bytes. */
export interface ExternalLocation {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

type Origin =
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'constant'; readonly data: Tensor['data']; readonly name?: string | undefined }
  | { readonly kind: 'external'; readonly external: ExternalLocation; readonly name?: string | undefined }
  | { readonly kind: 'output'; readonly node: Node; readonly index: number };

/**
 * A tensor of a graph: immutable, typed, with a static shape and the operator (or input, or constant) that makes it.
 */
export interface Value {
  readonly dtype: ElementType;
  readonly shape: Shape;
  readonly origin: Origin;
}

/** One application of an ONNX operator. `null` stands for an optional input that is left out. */
export interface Node {
  readonly operator: string;
  readonly inputs: readonly (Value | null)[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly outputs: readonly Value[];
}

export const sizeOf = (shape: Shape): number => shape.reduce((product, extent) => product * extent, 1);

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

export function describe(value: Value): string {
  return `${value.dtype}[${value.shape.join(', ')}]`;
}

/** A value that the caller feeds at run time. */
export function input(name: string, dtype: ElementType, shape: Shape): Value {
  return { dtype, shape, origin: { kind: 'input', name } };
}

const elementTypes = new Map<unknown, ElementType>([
  [Float32Array, 'float32'],
  [Float64Array, 'float64'],
  [Uint16Array, 'float16'],
  [Int8Array, 'int8'],
  [Uint8Array, 'uint8'],
  [Int32Array, 'int32'],
  [BigInt64Array, 'int64'],
]);

/** A value whose data is written into the model. A Uint16Array holds float16 bit patterns. */
export function constant(data: Tensor['data'], shape: Shape, name?: string): Value {
  const dtype = elementTypes.get(data.constructor);
  if (!dtype) throw new TypeError(`a constant cannot hold a ${data.constructor.name}`);
  if (data.length !== sizeOf(shape)) {
    throw new RangeError(
      `a constant of shape [${shape.join(', ')}] needs ${sizeOf(shape)} elements, not ${data.length}`,
    );
  }
  return { dtype, shape, origin: { kind: 'constant', data, name } };
}

/** A float32 scalar constant, shape []. */
export const scalar = (value: number): Value => constant(Float32Array.of(value), []);

/** An int64 vector constant, as shapes, axes and indices are given to ONNX operators. */
export const indices = (values: readonly number[]): Value =>
  constant(BigInt64Array.from(values, BigInt), [values.length]);

/** A constant whose bytes stay in a weight file; `length` must be the shape's size in bytes. */
export function externalConstant(dtype: ElementType, shape: Shape, external: ExternalLocation, name?: string): Value {
  const expected = sizeOf(shape) * bytesPerElement[dtype];
  if (external.length !== expected) {
    throw new RangeError(
      `${name ?? external.location}: ${dtype}[${shape.join(', ')}] takes ${expected} bytes, not ${external.length}`,
    );
  }
  return { dtype, shape, origin: { kind: 'external', external, name } };
}

const bytesPerElement: Readonly<Record<ElementType, number>> = {
  float32: 4,
  float16: 2,
  float64: 8,
  int8: 1,
  uint8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
};

/** Applies an operator; `outputs` gives the type and shape of each result. */
export function apply(
  operator: string,
  inputs: readonly (Value | null)[],
  outputs: readonly { readonly dtype: ElementType; readonly shape: Shape }[],
  attributes: Readonly<Record<string, Attribute>> = {},
): Value[] {
  const made: Value[] = [];
  const node: Node = { operator, inputs, attributes, outputs: made };
  for (const [index, { dtype, shape }] of outputs.entries()) {
    made.push({ dtype, shape, origin: { kind: 'output', node, index } });
  }
  return made;
}
