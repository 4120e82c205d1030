import { ascendingOrder } from './ascending-order.js';
import { type Connectivity, labelRegions } from './regions.js';
import { countKeys, dropLowestBits, emptyRows, joinEqualKeys, mergeCounts, type ScoreCounts } from './score-counts.js';
import { scoreKeys } from './score-keys.js';

/** The pixels of one image or of many, by class and score, and the number of regions of their masks. */
export interface PixelCounts {
  readonly normal: ScoreCounts;
  readonly abnormal: ScoreCounts;
  readonly regions: number;
}

/** The pixels of one image: the abnormal ones counted, and of the normal ones, which are most, the keys in no order. */
export interface ImagePixels {
  readonly normalKeys: Uint32Array;
  readonly abnormal: ScoreCounts;
  readonly regions: number;
}

export const noPixels: PixelCounts = { normal: emptyRows(0, false), abnormal: emptyRows(0, true), regions: 0 };

/**
 * Reads a map (row-major float32 scores) with its mask (non-zero = abnormal) without rounding anything.
 * Throws a RangeError for a score that is not finite.
 */
export function readPixels(
  map: Float32Array,
  mask: Uint8Array,
  width: number,
  height: number,
  connectivity: Connectivity,
): ImagePixels {
  const mapKeys = scoreKeys(map);
  const { labels, areas } = labelRegions(mask, width, height, connectivity);
  const normalKeys = new Uint32Array(map.length);
  const pixels = new Uint32Array(map.length);
  let [normal, abnormal] = [0, 0];
  for (let pixel = 0; pixel < map.length; pixel++) {
    if (mask[pixel]) pixels[abnormal++] = pixel;
    else normalKeys[normal++] = mapKeys[pixel]!;
  }
  const abnormalKeys = pixels.subarray(0, abnormal).map((pixel) => mapKeys[pixel]!);
  const order = ascendingOrder(abnormalKeys);
  return {
    normalKeys: normalKeys.subarray(0, normal),
    abnormal: joinEqualKeys({
      keys: order.map((place) => abnormalKeys[place]!),
      counts: new Uint32Array(abnormal).fill(1),
      overlaps: Float64Array.from(order, (place) => 1 / areas[labels[pixels[place]!]! - 1]!),
    }),
    regions: areas.length,
  };
}

/** The pixels of images counted together, their keys without the lowest `droppedBits` bits. */
export function countPixels(images: readonly ImagePixels[], droppedBits: number): PixelCounts {
  const abnormal = images.map((image) => dropLowestBits(image.abnormal, droppedBits));
  return {
    normal: countKeys(
      images.map(({ normalKeys }) => normalKeys),
      droppedBits,
    ),
    abnormal: mergeCounts(abnormal),
    regions: images.reduce((sum, { regions }) => sum + regions, 0),
  };
}

/** Number of different scores, those of each class counted for themselves. */
export function rowsIn({ normal, abnormal }: PixelCounts): number {
  return normal.keys.length + abnormal.keys.length;
}

/** The same pixels with the lowest `bits` bits of every key dropped: rows whose keys become equal are joined. */
export function dropBits({ normal, abnormal, regions }: PixelCounts, bits: number): PixelCounts {
  return { normal: dropLowestBits(normal, bits), abnormal: dropLowestBits(abnormal, bits), regions };
}

/** The pixels of all of `parts` together. */
export function mergePixels(parts: readonly PixelCounts[]): PixelCounts {
  return {
    normal: mergeCounts(parts.map(({ normal }) => normal)),
    abnormal: mergeCounts(parts.map(({ abnormal }) => abnormal)),
    regions: parts.reduce((sum, { regions }) => sum + regions, 0),
  };
}

/** Visits every score that occurs, from the highest to the lowest. */
export function forEachScore(
  { normal, abnormal }: PixelCounts,
  visit: (key: number, normalPixels: number, abnormalPixels: number, overlap: number) => void,
): void {
  let [i, j] = [normal.keys.length - 1, abnormal.keys.length - 1];
  while (i >= 0 || j >= 0) {
    const key = Math.max(i < 0 ? 0 : normal.keys[i]!, j < 0 ? 0 : abnormal.keys[j]!);
    const isNormal = i >= 0 && normal.keys[i] === key;
    const isAbnormal = j >= 0 && abnormal.keys[j] === key;
    visit(
      key,
      isNormal ? normal.counts[i]! : 0,
      isAbnormal ? abnormal.counts[j]! : 0,
      isAbnormal ? abnormal.overlaps[j]! : 0,
    );
    if (isNormal) i--;
    if (isAbnormal) j--;
  }
}
