import type { ImageFamily, ImageTower } from '../backbone.js';
import type { Activation } from '../towers/transformer.js';
import { type VisionTransformerWeights, visionTransformer } from '../towers/vision-transformer.js';
import { checkPixels, checkSide, checkTaps } from './checks.js';

export interface ImageOptions {
  /** Side of the input in pixels; default: the weights' own. */
  readonly side?: number | undefined;
  /** Default taps; else the blocks at a half, three quarters and the end, or all four stages of a ResNet. */
  readonly taps?: readonly number[] | undefined;
}

/** A vision transformer; taps are blocks counted from 1. Throws `WeightsError`. */
export function visionTransformerTower(
  family: ImageFamily,
  weights: VisionTransformerWeights,
  activation: Activation,
  options: ImageOptions,
): ImageTower {
  const [channels, , patch] = weights.patchEmbedding.shape as [number, number, number];
  const side = options.side ?? weights.grid * patch;
  checkSide(side, patch);
  const depth = weights.blocks.length;
  const defaultTaps = options.taps ?? [...new Set([depth / 2, (3 * depth) / 4, depth].map(Math.ceil))];
  checkTaps(defaultTaps, 1, depth);
  return {
    family,
    side,
    defaultTaps,
    tapShape(tap) {
      checkTaps([tap], 1, depth);
      return { channels, grid: side / patch };
    },
    imageFeatures(pixels, taps) {
      checkPixels(pixels, side);
      checkTaps(taps, 1, depth);
      return visionTransformer(pixels, weights, activation, taps);
    },
  };
}
