import type { NormalImage } from '@mediclip/synthesis';
import { rgbOf } from '../tower/rgb.js';

/** Cells along each side. */
const cells = 16;

/** Values of a layout. */
export const layoutSize = cells * cells;

/** Grey levels. A picture whose cells deviate by less is empty, and has no layout. */
const leastDeviation = 2;

/**
 * Where a picture is bright and where dark: the means of `side` x `side` RGB bytes over 16 x 16 cells, less their mean,
 * as a unit vector. The product of two layouts is the correlation of both pictures; that of a picture and its negative
 * is -1. Zeros for an empty picture.
 */
export function greyLayout(rgb: Uint8Array, side: number): Float32Array {
  const sums = new Float64Array(layoutSize);
  const counts = new Uint32Array(layoutSize);
  const cellOf = Uint32Array.from({ length: side }, (_, place) => Math.floor((place * cells) / side));
  for (let pixel = 0; pixel < side * side; pixel++) {
    const cell = cellOf[Math.floor(pixel / side)]! * cells + cellOf[pixel % side]!;
    sums[cell]! += (rgb[3 * pixel]! + rgb[3 * pixel + 1]! + rgb[3 * pixel + 2]!) / 3;
    counts[cell]!++;
  }
  const means = sums.map((sum, cell) => sum / Math.max(1, counts[cell]!));
  const centre = means.reduce((sum, value) => sum + value, 0) / layoutSize;
  const norm = Math.hypot(...means.map((value) => value - centre));
  if (norm < leastDeviation * cells) return new Float32Array(layoutSize);
  return Float32Array.from(means, (value) => (value - centre) / norm);
}

/** `greyLayout` of each image [side, side, 1 or 3], in their order. */
export function greyLayouts(images: readonly NormalImage[], side: number): Float32Array[] {
  return images.map(({ data }) => greyLayout(rgbOf(data, side), side));
}
