import { ascendingOrder } from './ascending-order.js';
import { type Connectivity, labelRegions } from './regions.js';
import { countPixels, dropBits, type ScoreCounts } from './score-counts.js';
import { scoreKeys } from './score-keys.js';

/** The pixels of one image, counted by score. */
export interface ImageCounts {
  readonly normal: ScoreCounts;
  readonly abnormal: ScoreCounts;
  readonly regions: number;
}

/** Counts a map (row-major float32 scores) against its mask (non-zero = abnormal). Exact: nothing is rounded. */
export function countImage(
  map: Float32Array,
  mask: Uint8Array,
  width: number,
  height: number,
  connectivity: Connectivity,
): ImageCounts {
  const keys = scoreKeys(map);
  const { labels, areas } = labelRegions(mask, width, height, connectivity);
  const order = ascendingOrder(keys);
  const normalPixels = order.filter((pixel) => !mask[pixel]);
  const abnormalPixels = order.filter((pixel) => mask[pixel]);
  return {
    normal: countPixels(
      normalPixels.map((pixel) => keys[pixel]!),
      new Float64Array(),
    ),
    abnormal: countPixels(
      abnormalPixels.map((pixel) => keys[pixel]!),
      Float64Array.from(abnormalPixels, (pixel) => 1 / areas[labels[pixel]! - 1]!),
    ),
    regions: areas.length,
  };
}

/** The same image with the lowest `bits` bits of every score key dropped. */
export function dropImageBits({ normal, abnormal, regions }: ImageCounts, bits: number): ImageCounts {
  return { normal: dropBits(normal, bits), abnormal: dropBits(abnormal, bits), regions };
}

export function keysIn({ normal, abnormal }: ImageCounts): number {
  return normal.keys.length + abnormal.keys.length;
}
