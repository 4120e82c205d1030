import { type Corner, drawCorner } from '../box.js';
import { gaussianFilter } from '../filters/gaussian.js';
import { forEachSetPixel, type Mask, sideBounds } from '../masks/mask.js';
import { drawPerlinMask } from '../masks/perlin-mask.js';
import type { RandomStream } from '../random/random-stream.js';

export interface GaussianIntensityParameters {
  readonly mask: Mask;
  readonly corner: Corner;
  /** White noise thresholded at its mean: a 0 or 1 for each pixel of the image. */
  readonly noise: Uint8Array;
  readonly textureSigma: number;
  /** Change at the texture's highest value, on a 0-1 scale; negative darkens. */
  readonly strength: number;
  readonly blurSigma: number;
}

/** Draws one Gaussian intensity anomaly for images of side `side` (method.md, section 7). */
export function drawGaussianIntensity(side: number, random: RandomStream): GaussianIntensityParameters {
  const mask = drawPerlinMask(sideBounds(0.3, 0.8, side), random);
  const corner = drawCorner(mask, side, random);
  const textureSigma = random.chance(0.5) ? 4 : 7;
  const sign = random.chance(0.5) ? 1 : -1;
  return {
    mask,
    corner,
    textureSigma,
    strength: sign * random.uniform(0.4, 0.6),
    blurSigma: random.uniform(1, 4),
    noise: random.tosses(side * side),
  };
}

/**
 * Adds the texture under the mask to each channel [side, side], in place. `channels` are the image's levels, 0-255 in
 * floating point: they stay so until all anomalies are placed. Golden: synthesis/gauss.
 */
export function applyGaussianIntensity(
  channels: readonly Float64Array[],
  side: number,
  { mask, corner, noise, textureSigma, strength, blurSigma }: GaussianIntensityParameters,
): void {
  const texture = gaussianTexture(noise, side, textureSigma);
  const blur = gaussianFilter(new Float64Array(mask.data), mask.rows, mask.columns, blurSigma);
  forEachSetPixel(mask, corner, side, (inMask, inImage) => {
    for (const levels of channels) {
      const value = levels[inImage]! / 255 + strength * texture[inImage]! * blur[inMask]!;
      levels[inImage] = Math.min(Math.max(value, 0), 1) * 255;
    }
  });
}

/** Noise [side, side], smoothed by a Gaussian of `sigma` pixels and stretched to 0-1 over the whole image. */
export function gaussianTexture(noise: Uint8Array, side: number, sigma: number): Float64Array {
  const texture = gaussianFilter(new Float64Array(noise), side, side, sigma);
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (const value of texture) {
    lowest = Math.min(lowest, value);
    highest = Math.max(highest, value);
  }
  for (let i = 0; i < texture.length; i++) texture[i] = (texture[i]! - lowest) / (highest - lowest);
  return texture;
}
