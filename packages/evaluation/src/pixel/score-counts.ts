import { ascendingKeys, ascendingOrder } from './ascending-order.js';
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

/** The pixels of one image: the abnormal ones counted, and of the normal ones, which are most, the keys in no order. */
export interface ImagePixels {
  readonly normalKeys: Uint32Array;
  readonly abnormal: ScoreCounts;
  readonly regions: number;
}

export const NO_PIXELS: PixelCounts = { normal: emptyRows(0, false), abnormal: emptyRows(0, true), regions: 0 };

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
    else normalKeys[normal++] = mapKeys[pixel];
  }
  const abnormalKeys = pixels.subarray(0, abnormal).map((pixel) => mapKeys[pixel]);
  const order = ascendingOrder(abnormalKeys);
  return {
    normalKeys: normalKeys.subarray(0, normal),
    abnormal: joinEqualKeys({
      keys: order.map((place) => abnormalKeys[place]),
      counts: new Uint32Array(abnormal).fill(1),
      overlaps: Float64Array.from(order, (place) => 1 / areas[labels[pixels[place]] - 1]),
    }),
    regions: areas.length,
  };
}

/** The pixels of images counted together, their keys without the lowest `droppedBits` bits. */
export function countPixels(images: readonly ImagePixels[], droppedBits: number): PixelCounts {
  const abnormal = images.map((image) => dropBitsOf(image.abnormal, droppedBits));
  return {
    normal: countKeys(
      images.map(({ normalKeys }) => normalKeys),
      droppedBits,
    ),
    abnormal: mergeAll(abnormal),
    regions: images.reduce((sum, { regions }) => sum + regions, 0),
  };
}

/** Number of different scores, those of each class counted for themselves. */
export function rowsIn({ normal, abnormal }: PixelCounts): number {
  return normal.keys.length + abnormal.keys.length;
}

/** The same pixels with the lowest `bits` bits of every key dropped: rows whose keys become equal are joined. */
export function dropBits({ normal, abnormal, regions }: PixelCounts, bits: number): PixelCounts {
  return { normal: dropBitsOf(normal, bits), abnormal: dropBitsOf(abnormal, bits), regions };
}

function dropBitsOf(part: ScoreCounts, bits: number): ScoreCounts {
  return bits === 0 ? part : joinEqualKeys({ ...part, keys: part.keys.map((key) => key >>> bits) });
}

/** The pixels of all of `parts` together. */
export function mergePixels(parts: readonly PixelCounts[]): PixelCounts {
  return {
    normal: mergeAll(parts.map(({ normal }) => normal)),
    abnormal: mergeAll(parts.map(({ abnormal }) => abnormal)),
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
  const patterns = new Uint32Array(scores.buffer, scores.byteOffset, scores.length);
  const keys = new Uint32Array(scores.length);
  for (let pixel = 0; pixel < patterns.length; pixel++) {
    const pattern = patterns[pixel];
    if ((pattern & EXPONENT) === EXPONENT) {
      throw new RangeError(`Pixel ${pixel} scores ${scores[pixel]}; give finite numbers.`);
    }
    keys[pixel] = pattern < SIGN || pattern === SIGN ? pattern | SIGN : ~pattern;
  }
  return keys;
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

/** Up to this many keys, those that may occur are counted in a table; more are sorted. */
const TABLE_BITS = 16;

/** Counts keys without their lowest `droppedBits` bits. */
function countKeys(lists: readonly Uint32Array[], droppedBits: number): ScoreCounts {
  const bits = 32 - droppedBits;
  if (bits <= TABLE_BITS) return tableRows(lists, droppedBits);
  const keys = new Uint32Array(lists.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const list of lists) for (let i = 0; i < list.length; i++) keys[end++] = list[i] >>> droppedBits;
  const ascending = ascendingKeys(keys, bits);
  let rows = 0;
  const counts = new Uint32Array(keys.length);
  for (let i = 0; i < ascending.length; i++) {
    if (i === 0 || ascending[i] !== ascending[i - 1]) ascending[rows++] = ascending[i];
    counts[rows - 1]++;
  }
  return { keys: ascending.slice(0, rows), counts: counts.slice(0, rows), overlaps: new Float64Array() };
}

function tableRows(lists: readonly Uint32Array[], droppedBits: number): ScoreCounts {
  const table = new Uint32Array(2 ** (32 - droppedBits));
  for (const list of lists) for (let i = 0; i < list.length; i++) table[list[i] >>> droppedBits]++;
  let rows = 0;
  for (let key = 0; key < table.length; key++) if (table[key] > 0) rows++;
  const counted = emptyRows(rows, false);
  let row = 0;
  for (let key = 0; key < table.length; key++) {
    if (table[key] === 0) continue;
    counted.keys[row] = key;
    counted.counts[row++] = table[key];
  }
  return counted;
}

function mergeAll(parts: readonly ScoreCounts[]): ScoreCounts {
  if (parts.length === 0) return emptyRows(0, false);
  if (parts.length === 1) return parts[0];
  const half = parts.length >>> 1;
  return mergeRows(mergeAll(parts.slice(0, half)), mergeAll(parts.slice(half)));
}

function mergeRows(a: ScoreCounts, b: ScoreCounts): ScoreCounts {
  if (a.keys.length === 0) return b;
  if (b.keys.length === 0) return a;
  const merged = emptyRows(rowsTogether(a.keys, b.keys), a.overlaps.length > 0);
  let [i, j, row] = [0, 0, 0];
  while (i < a.keys.length && j < b.keys.length) {
    const keyOfA = a.keys[i];
    const keyOfB = b.keys[j];
    merged.keys[row] = Math.min(keyOfA, keyOfB);
    if (keyOfA <= keyOfB) addRow(merged, row, a, i++);
    if (keyOfB <= keyOfA) addRow(merged, row, b, j++);
    row++;
  }
  const rest = i < a.keys.length ? rowsFrom(a, i) : rowsFrom(b, j);
  merged.keys.set(rest.keys, row);
  merged.counts.set(rest.counts, row);
  merged.overlaps.set(rest.overlaps, Math.min(row, merged.overlaps.length));
  return merged;
}

function rowsFrom({ keys, counts, overlaps }: ScoreCounts, row: number): ScoreCounts {
  return { keys: keys.subarray(row), counts: counts.subarray(row), overlaps: overlaps.subarray(row) };
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
