import type { SyntheticSample } from '../synthesize.js';

/** The statistics of golden/synthesis/distribution, defined there, by their names there. */
export interface SampleStatistics {
  readonly mask_share: number;
  readonly box_height: number;
  readonly box_width: number;
  readonly regions: number;
  readonly mean_abs_difference_inside: number;
  readonly signed_difference_inside: number;
  readonly max_abs_difference_inside: number;
  readonly share_changed_outside: number;
}

/** Describes a sample made of the square image `original`. */
export function sampleStatistics(original: Uint8Array, { image, mask }: SyntheticSample): SampleStatistics {
  const side = Math.sqrt(mask.length);
  let [inside, absolute, signed, largest, changedOutside] = [0, 0, 0, 0, 0];
  let [top, bottom, left, right] = [side, -1, side, -1];
  for (let i = 0; i < mask.length; i++) {
    const difference = image[i]! - original[i]!;
    if (mask[i]! <= 0.5) {
      if (difference !== 0) changedOutside++;
      continue;
    }
    inside++;
    absolute += Math.abs(difference);
    signed += difference;
    largest = Math.max(largest, Math.abs(difference));
    const column = i % side;
    const row = (i - column) / side;
    top = Math.min(top, row);
    bottom = Math.max(bottom, row);
    left = Math.min(left, column);
    right = Math.max(right, column);
  }
  return {
    mask_share: inside / mask.length,
    box_height: bottom - top + 1,
    box_width: right - left + 1,
    regions: countRegions(mask, side),
    mean_abs_difference_inside: absolute / inside,
    signed_difference_inside: signed / inside,
    max_abs_difference_inside: largest,
    share_changed_outside: changedOutside / (mask.length - inside),
  };
}

/** The number of 8-connected regions of labels above a half. */
function countRegions(mask: Float32Array, side: number): number {
  // A frame of pixels outside, so that every pixel has eight neighbours.
  const stride = side + 2;
  const left = new Uint8Array(stride * stride);
  for (let i = 0; i < mask.length; i++) {
    if (mask[i]! > 0.5) left[(Math.floor(i / side) + 1) * stride + (i % side) + 1] = 1;
  }
  const neighbours = [-stride - 1, -stride, -stride + 1, -1, 1, stride - 1, stride, stride + 1];
  const waiting = new Int32Array(left.length);
  let regions = 0;
  for (let first = left.indexOf(1); first >= 0; first = left.indexOf(1, first)) {
    regions++;
    left[first] = 0;
    waiting[0] = first;
    for (let count = 1; count > 0; ) {
      const pixel = waiting[--count]!;
      for (const step of neighbours) {
        if (left[pixel + step] !== 1) continue;
        left[pixel + step] = 0;
        waiting[count++] = pixel + step;
      }
    }
  }
  return regions;
}
