import { ascendingOrder } from './ascending-order.js';
import { type Connectivity, labelRegions } from './regions.js';

const SIGN = 0x80000000;
const EXPONENT = 0x7f800000;

/** Pixels of one class counted by score: columns with one row for each key that occurs. */
interface ScoreCounts {
  /** Ascending. A key stands for one float32 score (`scoreOfKey`), or for several when its lowest bits were dropped. */
  readonly keys: Uint32Array;
  readonly counts: Uint32Array;
  /** The sum over the row's pixels of 1 / (area of the pixel's region); empty for normal pixels, which are in no region. */
  readonly overlaps: Float64Array;
}

/** The pixels of one image or of many, by class and score, and the number of regions of their masks. */
export interface PixelCounts {
  readonly normal: ScoreCounts;
  readonly abnormal: ScoreCounts;
  readonly regions: number;
}

export const NO_PIXELS: PixelCounts = { normal: emptyRows(0, false), abnormal: emptyRows(0, true), regions: 0 };

/**
 * Counts a map (row-major float32 scores) against its mask (non-zero = abnormal) without rounding anything.
 * Throws a RangeError for a score that is not finite.
 */
export function countPixels(
  map: Float32Array,
  mask: Uint8Array,
  width: number,
  height: number,
  connectivity: Connectivity,
): PixelCounts {
  const mapKeys = scoreKeys(map);
  const { labels, areas } = labelRegions(mask, width, height, connectivity);
  const order = ascendingOrder(mapKeys);
  const count = (pixels: Uint32Array, overlaps: Float64Array) => {
    const keys = pixels.map((pixel) => mapKeys[pixel]);
    return joinEqualKeys({ keys, counts: new Uint32Array(keys.length).fill(1), overlaps });
  };
  const abnormal = order.filter((pixel) => mask[pixel]);
  return {
    normal: count(
      order.filter((pixel) => !mask[pixel]),
      new Float64Array(),
    ),
    abnormal: count(
      abnormal,
      Float64Array.from(abnormal, (pixel) => 1 / areas[labels[pixel] - 1]),
    ),
    regions: areas.length,
  };
}

/** Number of different scores, those of each class counted for themselves. */
export function rowsIn({ normal, abnormal }: PixelCounts): number {
  return normal.keys.length + abnormal.keys.length;
}

/** The same pixels with the lowest `bits` bits of every key dropped: rows whose keys become equal are joined. */
export function dropBits(pixels: PixelCounts, bits: number): PixelCounts {
  if (bits === 0) return pixels;
  const drop = (part: ScoreCounts) => joinEqualKeys({ ...part, keys: part.keys.map((key) => key >>> bits) });
  return { ...pixels, normal: drop(pixels.normal), abnormal: drop(pixels.abnormal) };
}

/** The pixels of all of `parts` together. */
export function mergePixels(parts: readonly PixelCounts[]): PixelCounts {
  if (parts.length === 0) return NO_PIXELS;
  if (parts.length === 1) return parts[0];
  const half = parts.length >>> 1;
  const [a, b] = [mergePixels(parts.slice(0, half)), mergePixels(parts.slice(half))];
  return {
    normal: mergeRows(a.normal, b.normal),
    abnormal: mergeRows(a.abnormal, b.abnormal),
    regions: a.regions + b.regions,
  };
}

/** Visits every score that occurs, from the highest to the lowest. */
export function forEachScore(
  { normal, abnormal }: PixelCounts,
  visit: (key: number, normalPixels: number, abnormalPixels: number, overlap: number) => void,
): void {
  let [i, j] = [normal.keys.length - 1, abnormal.keys.length - 1];
  while (i >= 0 || j >= 0) {
    const key = Math.max(i < 0 ? 0 : normal.keys[i], j < 0 ? 0 : abnormal.keys[j]);
    const isNormal = i >= 0 && normal.keys[i] === key;
    const isAbnormal = j >= 0 && abnormal.keys[j] === key;
    visit(
      key,
      isNormal ? normal.counts[i] : 0,
      isAbnormal ? abnormal.counts[j] : 0,
      isAbnormal ? abnormal.overlaps[j] : 0,
    );
    if (isNormal) i--;
    if (isAbnormal) j--;
  }
}

/** The score that a key stands for. */
export function scoreOfKey(key: number): number {
  const word = new Uint32Array([key >= SIGN ? key & ~SIGN : ~key]);
  return new Float32Array(word.buffer)[0];
}

/** One unsigned 32-bit key per float32 score, in the same order and equal exactly where the scores are equal (-0 and 0 are). */
function scoreKeys(scores: Float32Array): Uint32Array {
  const bits = new Uint32Array(scores.buffer, scores.byteOffset, scores.length);
  return bits.map((pattern, pixel) => {
    if ((pattern & EXPONENT) === EXPONENT) {
      throw new RangeError(`Pixel ${pixel} scores ${scores[pixel]}; give finite numbers.`);
    }
    return pattern < SIGN || pattern === SIGN ? pattern | SIGN : ~pattern;
  });
}

function emptyRows(rows: number, withOverlaps: boolean): ScoreCounts {
  return {
    keys: new Uint32Array(rows),
    counts: new Uint32Array(rows),
    overlaps: new Float64Array(withOverlaps ? rows : 0),
  };
}

function joinEqualKeys(pixels: ScoreCounts): ScoreCounts {
  const { keys } = pixels;
  let rows = 0;
  for (let i = 0; i < keys.length; i++) if (i === 0 || keys[i] !== keys[i - 1]) rows++;
  const joined = emptyRows(rows, pixels.overlaps.length > 0);
  let row = -1;
  for (let i = 0; i < keys.length; i++) {
    if (i === 0 || keys[i] !== keys[i - 1]) joined.keys[++row] = keys[i];
    addRow(joined, row, pixels, i);
  }
  return joined;
}

function mergeRows(a: ScoreCounts, b: ScoreCounts): ScoreCounts {
  const merged = emptyRows(rowsTogether(a.keys, b.keys), a.overlaps.length + b.overlaps.length > 0);
  let [i, j] = [0, 0];
  for (let row = 0; row < merged.keys.length; row++) {
    const keyOfA = i < a.keys.length ? a.keys[i] : Number.POSITIVE_INFINITY;
    const keyOfB = j < b.keys.length ? b.keys[j] : Number.POSITIVE_INFINITY;
    merged.keys[row] = Math.min(keyOfA, keyOfB);
    if (keyOfA <= keyOfB) addRow(merged, row, a, i++);
    if (keyOfB <= keyOfA) addRow(merged, row, b, j++);
  }
  return merged;
}

/** How many different keys there are in two ascending lists. */
function rowsTogether(a: Uint32Array, b: Uint32Array): number {
  let [i, j, common] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const difference = a[i] - b[j];
    if (difference === 0) common++;
    if (difference <= 0) i++;
    if (difference >= 0) j++;
  }
  return a.length + b.length - common;
}

function addRow(target: ScoreCounts, row: number, source: ScoreCounts, sourceRow: number): void {
  target.counts[row] += source.counts[sourceRow];
  if (target.overlaps.length > 0) target.overlaps[row] += source.overlaps[sourceRow];
}
