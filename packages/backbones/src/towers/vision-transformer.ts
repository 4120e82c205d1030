import { add, concat, constant, conv, expand, reshape, slice, transpose, type Value } from '@mediclip/onnx-graph';
import { resizePositions } from './positional-resize.js';
import { type Activation, type Block, type Norm, norm, preNormBlock } from './transformer.js';

/** The weights of a vision transformer up to its last block. */
export interface VisionTransformerWeights {
  /** [width, 3, patch, patch] */
  readonly patchEmbedding: Value;
  /** [width]; CLIP's patch embedding has none. */
  readonly patchBias: Value | null;
  /** [width] */
  readonly classEmbedding: Value;
  /** [1 + grid * grid, width] as numbers, because another input size needs another grid. */
  readonly positionalEmbedding: () => Float32Array;
  /** Side of the grid that the positional embedding was trained for. */
  readonly grid: number;
  /** In front of the blocks; only CLIP's has one. */
  readonly preNorm: Norm | null;
  readonly blocks: readonly Block[];
}

/**
 * The vision transformer (Dosovitskiy et al. 2021) as CLIP (Radford et al. 2021) and timm build it. `pixels` is [batch,
 * 3, side, side], normalised; `taps` are blocks counted from 1. Gives for each tap the residual stream right after its
 * block, without the class token, as [batch, width, grid, grid]. Nothing after the last tap is computed. Golden:
 * clip-tiny/vision, vision96.
 */
export function visionTransformer(
  pixels: Value,
  weights: VisionTransformerWeights,
  activation: Activation,
  taps: readonly number[],
): Value[] {
  const [width, , patch] = weights.patchEmbedding.shape as [number, number, number];
  const [batch, , side] = pixels.shape as [number, number, number];
  const grid = side / patch;

  const patches = conv(pixels, weights.patchEmbedding, weights.patchBias, { strides: [patch, patch] });
  const patchTokens = transpose(reshape(patches, [batch, width, grid * grid]));
  const classToken = expand(reshape(weights.classEmbedding, [1, 1, width]), [batch, 1, width]);
  const positions = resizePositions(weights.positionalEmbedding(), weights.grid, grid);
  const embedded = add(
    concat([classToken, patchTokens], 1),
    constant(positions, [1 + grid * grid, width], 'visual.positional_embedding'),
  );

  let stream = weights.preNorm ? norm(embedded, weights.preNorm) : embedded;
  const after = new Map<number, Value>();
  for (const [index, block] of weights.blocks.slice(0, Math.max(...taps)).entries()) {
    stream = preNormBlock(stream, block, activation, null);
    after.set(index + 1, stream);
  }
  return taps.map((tap) => {
    const withoutClass = slice(after.get(tap)!, 1, 1, 1 + grid * grid);
    return reshape(transpose(withoutClass), [batch, width, grid, grid]);
  });
}
