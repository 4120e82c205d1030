import { gelu, quickGelu, type Value } from '@mediclip/onnx-graph';
import type { Backbone } from './backbone.js';
import { checkPixels, checkTaps } from './checks.js';
import { clipLayout, clipTextWeights, clipVitWeights } from './layouts/clip-layout.js';
import { matrixShape } from './layouts/names.js';
import { layoutPrompts } from './prompts/layout-prompts.js';
import { clipTokenizer } from './tokenizers/clip-bpe.js';
import { clipText } from './towers/clip-text.js';
import { clipVit } from './towers/clip-vit.js';
import { fileDigest } from './weights/digests.js';
import { WeightFile } from './weights/weight-file.js';
import { WeightsError } from './weights-error.js';

/** QuickGELU in OpenAI's weights, exact GELU in most of OpenCLIP's. The wrong one gives wrong features without any error. */
export type ClipActivation = 'quickgelu' | 'gelu';

export interface ClipOptions {
  /** A safetensors file with OpenCLIP's or Hugging Face's names. */
  readonly weightsPath: string;
  readonly activation: ClipActivation;
  /** Default: `clip`. */
  readonly id?: string;
  /** Default: `unknown`. */
  readonly licence?: string;
  /** Side of the input in pixels, a multiple of the patch side; default: the weights' own. */
  readonly side?: number;
  /** Attention heads of the image tower; default: its width / 64. */
  readonly imageHeads?: number;
  /** Attention heads of the text tower; default: its width / 64. */
  readonly textHeads?: number;
  /** Default: the blocks at a half, three quarters and the end of the image tower. */
  readonly taps?: readonly number[];
  /** Of the pixels, on a scale from 0 to 1; default: CLIP's own. */
  readonly mean?: readonly [number, number, number];
  readonly std?: readonly [number, number, number];
}

export const CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073] as const;
export const CLIP_STD = [0.26862954, 0.26130258, 0.27577711] as const;
const HEAD_WIDTH = 64;

/**
 * A CLIP with a vision transformer from its weight file; widths and depths are read from the file. Taps are blocks counted from 1.
 * Throws `WeightsError` when the file holds no such model. Golden: clip-tiny.
 */
export function openClipBackbone(options: ClipOptions): Backbone {
  const { weightsPath, id = 'clip', licence = 'unknown', mean = CLIP_MEAN, std = CLIP_STD } = options;
  const file = new WeightFile(weightsPath);
  const layout = clipLayout(file);
  const activation = { quickgelu: quickGelu, gelu }[options.activation];
  const [, imageWidth] = matrixShape(file, layout.vision.positionalEmbedding);
  const [contextLength, textWidth] = matrixShape(file, layout.text.positionalEmbedding);
  const vision = clipVitWeights(file, layout, options.imageHeads ?? imageWidth / HEAD_WIDTH);
  const text = clipTextWeights(file, layout, options.textHeads ?? textWidth / HEAD_WIDTH);
  const tokenizer = clipTokenizer();
  file.expectShape(layout.text.tokenEmbedding, [tokenizer.size, textWidth]);

  const patch = vision.patchEmbedding.shape[2]!;
  const side = options.side ?? vision.grid * patch;
  if (!(Number.isInteger(side / patch) && side > 0)) {
    throw new WeightsError('bad_configuration', `An input side of ${side} is no multiple of the patch side ${patch}.`);
  }
  const depth = vision.blocks.length;
  const defaultTaps = options.taps ?? [...new Set([depth / 2, (3 * depth) / 4, depth].map(Math.ceil))];
  checkTaps(id, defaultTaps, 1, depth);

  return {
    id,
    family: 'clip-vit',
    textFamily: 'clip',
    licence,
    digest: fileDigest(weightsPath),
    side,
    mean,
    std,
    embeddingWidth: text.projection.shape[1]!,
    textWidth,
    defaultTaps,
    weights: { [file.location]: file.path },
    tapShape(tap) {
      checkTaps(id, [tap], 1, depth);
      return { channels: imageWidth, grid: side / patch };
    },
    imageFeatures(pixels: Value, taps: readonly number[]) {
      checkPixels(id, pixels, side);
      checkTaps(id, taps, 1, depth);
      return clipVit(pixels, vision, activation, taps);
    },
    layoutPrompts: (phrases, placing) =>
      layoutPrompts(phrases, placing, {
        tokenizer,
        width: textWidth,
        contextLength,
        fullSeesPadding: true,
        embeddings: (ids) => file.rows(layout.text.tokenEmbedding, ids),
      }),
    textFeatures: (prompts, { endPositions }, attention) =>
      clipText(prompts, endPositions, text, activation, attention),
  };
}
