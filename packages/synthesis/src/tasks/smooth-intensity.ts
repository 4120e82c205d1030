import { type Corner, drawCorner } from '../box.js';
import { euclideanDistance } from '../filters/euclidean-distance.js';
import { greyRange } from '../image.js';
import { forEachSetPixel, type Mask, sideBounds } from '../masks/mask.js';
import { drawPerlinMask } from '../masks/perlin-mask.js';
import type { RandomStream } from '../random/random-stream.js';

export interface SmoothIntensityParameters {
  readonly mask: Mask;
  readonly corner: Corner;
  /** Grey levels added away from the mask's edge; negative darkens. */
  readonly amount: number;
  /** Distance from the edge, in pixels, at which the amount is reached; less if the mask has no such depth. */
  readonly rampPixels: number;
}

/** Draws one smooth intensity anomaly for images of side `side` (method.md, section 7). */
export function drawSmoothIntensity(side: number, random: RandomStream): SmoothIntensityParameters {
  const mask = drawPerlinMask(sideBounds(0.3, 0.8, side), random);
  const corner = drawCorner(mask, side, random);
  return { mask, corner, ...drawIntensity(side, random) };
}

/** Draws how much to brighten or darken, and how steeply. */
export function drawIntensity(
  side: number,
  random: RandomStream,
): Pick<SmoothIntensityParameters, 'amount' | 'rampPixels'> {
  const sign = random.chance(0.5) ? 1 : -1;
  return { amount: sign * (15 + random.gamma(3, 30)), rampPixels: side * (0.02 + random.gamma(3, 0.01)) };
}

/**
 * Brightens or darkens the pixels under the mask of a grey image [side, side], in place, within the image's range.
 * Golden: synthesis/smooth.
 */
export function applySmoothIntensity(
  pixels: Uint8Array,
  side: number,
  { mask, corner, amount, rampPixels }: SmoothIntensityParameters,
): void {
  const { lowest, highest } = greyRange(pixels);
  const distances = euclideanDistance(mask);
  const deepest = distances.reduce((highest, distance) => Math.max(highest, distance), 0);
  const reach = Math.min(rampPixels, deepest);
  forEachSetPixel(mask, corner, side, (inMask, inImage) => {
    const value = pixels[inImage]! + amount * Math.min(distances[inMask]! / reach, 1);
    pixels[inImage] = Math.trunc(Math.min(Math.max(value, lowest), highest));
  });
}
