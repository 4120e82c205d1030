import { add, conv, relu6, type Value } from '@mediclip/onnx-graph';
import type { Convolution } from './convolution.js';

/** One inverted-residual block of EfficientNet-Lite. */
export interface LiteBlock {
  readonly expansion: number;
  readonly kernel: number;
  readonly stride: number;
  readonly inChannels: number;
  readonly outChannels: number;
}

const block = (
  expansion: number,
  kernel: number,
  stride: number,
  inChannels: number,
  outChannels: number,
): LiteBlock => ({
  expansion,
  kernel,
  stride,
  inChannels,
  outChannels,
});

/** The 16 blocks of EfficientNet-Lite0, after a 3x3 stem of stride 2 to 32 channels. */
export const EFFICIENTNET_LITE0: readonly LiteBlock[] = [
  block(1, 3, 1, 32, 16),
  block(6, 3, 2, 16, 24),
  block(6, 3, 1, 24, 24),
  block(6, 5, 2, 24, 40),
  block(6, 5, 1, 40, 40),
  block(6, 3, 2, 40, 80),
  block(6, 3, 1, 80, 80),
  block(6, 3, 1, 80, 80),
  block(6, 5, 1, 80, 112),
  block(6, 5, 1, 112, 112),
  block(6, 5, 1, 112, 112),
  block(6, 5, 2, 112, 192),
  block(6, 5, 1, 192, 192),
  block(6, 5, 1, 192, 192),
  block(6, 5, 1, 192, 192),
  block(6, 3, 1, 192, 320),
];

/** Side of the feature map after a block (counted from 0) for an input of `side` pixels. */
export function liteGrid(side: number, tap: number): number {
  return EFFICIENTNET_LITE0.slice(0, tap + 1).reduce(
    (grid, { stride }) => Math.ceil(grid / stride),
    Math.ceil(side / 2),
  );
}

/**
 * EfficientNet-Lite0 (Tan and Le 2019; the Lite variant has no squeeze-and-excite and uses ReLU6). `pixels` is [batch,
 * 3, side, side], normalised; `weights` gives the convolutions `stem`, `blocks.N.expand`, `blocks.N.depthwise` and
 * `blocks.N.project`; `taps` are blocks counted from 0. Gives each tapped block's output [batch, channels, grid, grid].
 * Nothing after the last tap is computed. Golden: lite.
 */
export function efficientNetLite(
  pixels: Value,
  weights: (name: string) => Convolution,
  taps: readonly number[],
): Value[] {
  let stream = relu6(convSame(pixels, weights('stem'), 2));
  const after = new Map<number, Value>();
  for (const [index, shape] of EFFICIENTNET_LITE0.slice(0, Math.max(...taps) + 1).entries()) {
    stream = invertedResidual(stream, shape, (part) => weights(`blocks.${index}.${part}`));
    after.set(index, stream);
  }
  return taps.map((tap) => after.get(tap)!);
}

function invertedResidual(
  x: Value,
  { expansion, stride, inChannels, outChannels }: LiteBlock,
  weights: (part: string) => Convolution,
): Value {
  const expanded = expansion === 1 ? x : relu6(convSame(x, weights('expand'), 1));
  const filtered = relu6(convSame(expanded, weights('depthwise'), stride, expanded.shape[1]));
  const projected = convSame(filtered, weights('project'), 1);
  return stride === 1 && inChannels === outChannels ? add(x, projected) : projected;
}

/**
 * TensorFlow's "same" padding: ceil(size / stride) outputs, and an odd number of zeros has the larger half at the end.
 */
function convSame(x: Value, { weight, bias }: Convolution, stride: number, groups = 1): Value {
  const size = x.shape[2]!;
  const kernel = weight.shape[2]!;
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + kernel - size, 0);
  const before = Math.floor(total / 2);
  const after = total - before;
  return conv(x, weight, bias, { strides: [stride, stride], pads: [before, before, after, after], groups });
}
