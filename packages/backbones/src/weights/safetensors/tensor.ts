import { WeightsError } from '../../weights-error.js';

/** Element types that are read and written, with the array that holds them. Half precision stays as its 16 bits. */
export const tensorArrays = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I64: BigInt64Array,
  I32: Int32Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;

export type TensorDtype = keyof typeof tensorArrays;

type TensorData = Float64Array | Float32Array | Uint16Array | BigInt64Array | Int32Array | Int8Array | Uint8Array;

/** A tensor of a safetensors file, row-major. */
export interface NamedTensor {
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export function isTensorDtype(dtype: unknown): dtype is TensorDtype {
  return typeof dtype === 'string' && Object.hasOwn(tensorArrays, dtype);
}

/**
 * Number of elements of a shape (1 for a scalar), NaN if it is no list of whole numbers or the product is not exact.
 */
export function elementCount(shape: readonly unknown[]): number {
  let count = 1;
  let zero = false;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || (size as number) < 0) return Number.NaN;
    if (size === 0) zero = true;
    else count *= size as number;
    if (!Number.isSafeInteger(count)) return Number.NaN;
  }
  return zero ? 0 : count;
}

/** The tensor's values as float32: half precision is widened, numbers of other types are rounded to float32. */
export function toFloat32(tensor: NamedTensor): Float32Array {
  const { dtype, data } = tensor;
  if (data instanceof Float32Array) return data;
  if (data instanceof BigInt64Array) return Float32Array.from(data, Number);
  if (dtype === 'F16') return float32FromFloat16(data as Uint16Array);
  if (dtype === 'BF16') return float32FromBfloat16(data as Uint16Array);
  return Float32Array.from(data as Float64Array);
}

let everyFloat16: Float32Array | undefined;

/** Widens IEEE 754 binary16 bit patterns, one by one; exact for every value, subnormal numbers and infinities too. */
export function float32FromFloat16(bits: Uint16Array): Float32Array {
  everyFloat16 ??= Float32Array.from({ length: 2 ** 16 }, (_, half) => widenFloat16(half));
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = everyFloat16[bits[i]!]!;
  return values;
}

function widenFloat16(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Widens bfloat16 bit patterns, which are the upper halves of float32 ones. */
export function float32FromBfloat16(bits: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(bits, (half) => half * 0x10000).buffer);
}

/** Refuses a tensor whose data does not fit its dtype and shape. */
export function checkTensor(name: string, { dtype, shape, data }: NamedTensor): void {
  if (!isTensorDtype(dtype)) {
    throw new WeightsError(
      'unsupported-dtype',
      `Tensor "${name}" has the dtype ${JSON.stringify(dtype)}; use one of ${Object.keys(tensorArrays).join(', ')}.`,
    );
  }
  if (!(data instanceof tensorArrays[dtype]) || data.length !== elementCount(shape)) {
    throw new WeightsError(
      'bad-tensor',
      `Tensor "${name}" needs a ${tensorArrays[dtype].name} of ${elementCount(shape)} elements for ${dtype} [${shape.join(', ')}].`,
    );
  }
}
