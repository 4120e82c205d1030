import { add, conv, relu6, type Value } from '@mediclip/onnx-graph';
import type { TapShape } from '../backbone.js';
import type { Convolution } from './convolution.js';

/** One inverted-residual block of EfficientNet-Lite. Kernels are as large as their weights say. */
export interface LiteBlock {
  readonly expansion: number;
  readonly stride: number;
  readonly inChannels: number;
  readonly outChannels: number;
}

/** Blocks in a row; only the first has the stride and widens. */
const stage = (
  blocks: number,
  { expansion = 6, stride = 1 }: { expansion?: number; stride?: number },
  inChannels: number,
  outChannels: number,
): LiteBlock[] =>
  Array.from({ length: blocks }, (_, index) => ({
    expansion,
    stride: index === 0 ? stride : 1,
    inChannels: index === 0 ? inChannels : outChannels,
    outChannels,
  }));

/** The 16 blocks of EfficientNet-Lite0, after a 3x3 stem of stride 2 to 32 channels. */
export const efficientnetLite0: readonly LiteBlock[] = [
  stage(1, { expansion: 1 }, 32, 16),
  stage(2, { stride: 2 }, 16, 24),
  stage(2, { stride: 2 }, 24, 40),
  stage(3, { stride: 2 }, 40, 80),
  stage(3, {}, 80, 112),
  stage(4, { stride: 2 }, 112, 192),
  stage(1, {}, 192, 320),
].flat();

/** The first 15 of the 21 blocks of EfficientNet-Lite2, after the same stem: as far as its features are of use here. */
export const efficientnetLite2: readonly LiteBlock[] = [
  stage(1, { expansion: 1 }, 32, 16),
  stage(3, { stride: 2 }, 16, 24),
  stage(3, { stride: 2 }, 24, 48),
  stage(4, { stride: 2 }, 48, 88),
  stage(4, {}, 88, 120),
].flat();

/** Channels and grid after a block (counted from 0) for an input of `side` pixels. */
export function liteTapShape(blocks: readonly LiteBlock[], side: number, tap: number): TapShape {
  const stem = Math.ceil(side / 2);
  const grid = blocks.slice(0, tap + 1).reduce((before, { stride }) => Math.ceil(before / stride), stem);
  return { channels: blocks[tap]!.outChannels, grid };
}

/**
 * EfficientNet-Lite (Tan and Le 2019; the Lite variant has no squeeze-and-excite and uses ReLU6). `pixels` is [batch,
 * 3, side, side], normalised; `weights` gives the convolutions `stem`, `blocks.N.expand`, `blocks.N.depthwise` and
 * `blocks.N.project`; `taps` are blocks counted from 0. Gives each tapped block's output [batch, channels, grid, grid].
 * Nothing after the last tap is computed. Golden: lite.
 */
export function efficientNetLite(
  pixels: Value,
  blocks: readonly LiteBlock[],
  weights: (name: string) => Convolution,
  taps: readonly number[],
): Value[] {
  let stream = relu6(convSame(pixels, weights('stem'), 2));
  const after = new Map<number, Value>();
  for (const [index, shape] of blocks.slice(0, Math.max(...taps) + 1).entries()) {
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
