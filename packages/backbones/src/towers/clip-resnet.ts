import { add, averagePool, conv, relu, type Value } from '@mediclip/onnx-graph';
import type { Convolution } from './convolution.js';

/** One bottleneck block; the shortcut is there where the block changes size or width. */
export interface Bottleneck {
  readonly reduce: Convolution;
  readonly filter: Convolution;
  readonly expand: Convolution;
  readonly shortcut: Convolution | null;
}

/** The weights of CLIP's ResNet up to its last stage, batch norms folded into the convolutions. */
export interface ClipResNetWeights {
  /** Channels after the stem; stage `n` (from 1) has `2 ** (n + 1)` times as many. */
  readonly width: number;
  /** Side of the last stage's feature map at the input size of the weights. */
  readonly grid: number;
  readonly stem: readonly [Convolution, Convolution, Convolution];
  readonly stages: readonly (readonly Bottleneck[])[];
}

export const resnetStages = 4;
/** Input pixels a side per location of the last stage. */
export const resnetStep = 32;

/**
 * CLIP's ResNet (Radford et al. 2021, section 2.4): a stem of three convolutions, and average pooling wherever a stride
 * would be. `pixels` is [batch, 3, side, side], normalised; `taps` are stages counted from 1. Gives each tapped stage's
 * output [batch, channels, grid, grid]. Nothing after the last tap is computed. Golden: clip-tiny-resnet.
 */
export function clipResNet(pixels: Value, { stem, stages }: ClipResNetWeights, taps: readonly number[]): Value[] {
  let stream = relu(convolve(pixels, stem[0], 2));
  for (const convolution of stem.slice(1)) stream = relu(convolve(stream, convolution));
  stream = halve(stream);
  const after = new Map<number, Value>();
  for (const [index, blocks] of stages.slice(0, Math.max(...taps)).entries()) {
    for (const [place, block] of blocks.entries()) stream = bottleneck(stream, block, index > 0 && place === 0);
    after.set(index + 1, stream);
  }
  return taps.map((tap) => after.get(tap)!);
}

function bottleneck(x: Value, { reduce, filter, expand, shortcut }: Bottleneck, halved: boolean): Value {
  const pool = halved ? halve : (value: Value) => value;
  const filtered = relu(convolve(relu(convolve(x, reduce)), filter));
  return relu(add(convolve(pool(filtered), expand), shortcut ? convolve(pool(x), shortcut) : x));
}

const halve = (x: Value): Value => averagePool(x, { kernel: [2, 2], strides: [2, 2] });

/** A convolution padded so that stride 1 keeps the size. */
function convolve(x: Value, { weight, bias }: Convolution, stride = 1): Value {
  const pad = (weight.shape[2]! - 1) / 2;
  return conv(x, weight, bias, { strides: [stride, stride], pads: [pad, pad, pad, pad] });
}
