import { broadcastShapes } from './elementwise.js';
import { apply, describe, type Value } from './value.js';

/** Matrix product over the last two axes, batch axes broadcast. Both operands need a rank of at least 2. */
export function matMul(a: Value, b: Value): Value {
  const [rows, inner] = a.shape.slice(-2);
  const [innerB, columns] = b.shape.slice(-2);
  if (a.shape.length < 2 || b.shape.length < 2 || inner !== innerB || a.dtype !== b.dtype) {
    throw new RangeError(`matMul cannot multiply ${describe(a)} by ${describe(b)}`);
  }
  const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return apply('MatMul', [a, b], [{ dtype: a.dtype, shape: [...batch, rows!, columns!] }])[0]!;
}

export interface ConvOptions {
  readonly strides?: readonly [number, number];
  /** Zeros added: top, left, bottom, right. */
  readonly pads?: readonly [number, number, number, number];
  readonly groups?: number;
}

/**
 * 2-D convolution: `x` [batch, channels, rows, columns], `weight` [out, channels / groups, kernelRows, kernelColumns],
 * `bias` [out] or null. It has no gradient rule: convolutions stand in frozen towers only.
 */
export function conv(x: Value, weight: Value, bias: Value | null, options: ConvOptions = {}): Value {
  const { strides = [1, 1], pads = [0, 0, 0, 0], groups = 1 } = options;
  const [batch, channels, rows, columns] = x.shape;
  const [out, channelsPerGroup, kernelRows, kernelColumns] = weight.shape;
  if (x.shape.length !== 4 || weight.shape.length !== 4 || channels !== channelsPerGroup! * groups) {
    throw new RangeError(`conv cannot apply ${describe(weight)} in ${groups} groups to ${describe(x)}`);
  }
  const shape = [
    batch!,
    out!,
    Math.floor((rows! + pads[0] + pads[2] - kernelRows!) / strides[0]) + 1,
    Math.floor((columns! + pads[1] + pads[3] - kernelColumns!) / strides[1]) + 1,
  ];
  return apply('Conv', bias ? [x, weight, bias] : [x, weight], [{ dtype: x.dtype, shape }], {
    kernel_shape: { type: 'ints', value: [kernelRows!, kernelColumns!] },
    strides: { type: 'ints', value: strides },
    pads: { type: 'ints', value: pads },
    group: { type: 'int', value: groups },
  })[0]!;
}

export interface PoolOptions {
  readonly kernel: readonly [number, number];
  readonly strides?: readonly [number, number];
  readonly pads?: readonly [number, number, number, number];
}

/** Average pooling; padded positions do not count. It has no gradient rule. */
export function averagePool(x: Value, { kernel, strides = [1, 1], pads = [0, 0, 0, 0] }: PoolOptions): Value {
  const [batch, channels, rows, columns] = x.shape;
  const shape = [
    batch!,
    channels!,
    Math.floor((rows! + pads[0] + pads[2] - kernel[0]) / strides[0]) + 1,
    Math.floor((columns! + pads[1] + pads[3] - kernel[1]) / strides[1]) + 1,
  ];
  return apply('AveragePool', [x], [{ dtype: x.dtype, shape }], {
    kernel_shape: { type: 'ints', value: kernel },
    strides: { type: 'ints', value: strides },
    pads: { type: 'ints', value: pads },
    count_include_pad: { type: 'int', value: 0 },
  })[0]!;
}
