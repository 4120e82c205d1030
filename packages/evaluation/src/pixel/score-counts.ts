import { ascendingKeys } from './ascending-order.js';

/** Pixels of one class counted by score: columns with one row for each key that occurs. */
export interface ScoreCounts {
  /** Ascending. A key stands for one float32 score (`scoreOfKey`), or for several when its lowest bits were dropped. */
  readonly keys: Uint32Array;
  readonly counts: Uint32Array;
  /**
   * The sum over the row's pixels of 1 / (area of the pixel's region); empty for normal pixels, which are in no region.
   */
  readonly overlaps: Float64Array;
}

export function emptyRows(rows: number, withOverlaps: boolean): ScoreCounts {
  return {
    keys: new Uint32Array(rows),
    counts: new Uint32Array(rows),
    overlaps: new Float64Array(withOverlaps ? rows : 0),
  };
}

/** Rows in ascending order of their keys, of which equal ones become one. */
export function joinEqualKeys(pixels: ScoreCounts): ScoreCounts {
  const { keys } = pixels;
  let rows = 0;
  for (let i = 0; i < keys.length; i++) if (i === 0 || keys[i] !== keys[i - 1]) rows++;
  const joined = emptyRows(rows, pixels.overlaps.length > 0);
  let row = -1;
  for (let i = 0; i < keys.length; i++) {
    if (i === 0 || keys[i] !== keys[i - 1]) joined.keys[++row] = keys[i]!;
    addRow(joined, row, pixels, i);
  }
  return joined;
}

/** The same pixels, their keys without the lowest `bits` bits. */
export function dropLowestBits(part: ScoreCounts, bits: number): ScoreCounts {
  return bits === 0 ? part : joinEqualKeys({ ...part, keys: part.keys.map((key) => key >>> bits) });
}

/** Keys of up to this many bits are counted in a table of all; longer ones are sorted. */
const tableBits = 16;

/** Counts keys, which come in no order, without their lowest `droppedBits` bits. */
export function countKeys(lists: readonly Uint32Array[], droppedBits: number): ScoreCounts {
  const bits = 32 - droppedBits;
  if (bits <= tableBits) return tableRows(lists, droppedBits);
  const keys = new Uint32Array(lists.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const list of lists) for (let i = 0; i < list.length; i++) keys[end++] = list[i]! >>> droppedBits;
  const ascending = ascendingKeys(keys, bits);
  let rows = 0;
  const counts = new Uint32Array(keys.length);
  for (let i = 0; i < ascending.length; i++) {
    if (i === 0 || ascending[i] !== ascending[i - 1]) ascending[rows++] = ascending[i]!;
    counts[rows - 1]!++;
  }
  return { keys: ascending.slice(0, rows), counts: counts.slice(0, rows), overlaps: new Float64Array() };
}

function tableRows(lists: readonly Uint32Array[], droppedBits: number): ScoreCounts {
  const table = new Uint32Array(2 ** (32 - droppedBits));
  for (const list of lists) for (let i = 0; i < list.length; i++) table[list[i]! >>> droppedBits]!++;
  let rows = 0;
  for (let key = 0; key < table.length; key++) if (table[key]! > 0) rows++;
  const counted = emptyRows(rows, false);
  let row = 0;
  for (let key = 0; key < table.length; key++) {
    if (table[key] === 0) continue;
    counted.keys[row] = key;
    counted.counts[row++] = table[key]!;
  }
  return counted;
}

/** The pixels of all of `parts` together. */
export function mergeCounts(parts: readonly ScoreCounts[]): ScoreCounts {
  if (parts.length === 0) return emptyRows(0, false);
  if (parts.length === 1) return parts[0]!;
  const half = parts.length >>> 1;
  return mergeRows(mergeCounts(parts.slice(0, half)), mergeCounts(parts.slice(half)));
}

function mergeRows(a: ScoreCounts, b: ScoreCounts): ScoreCounts {
  if (a.keys.length === 0) return b;
  if (b.keys.length === 0) return a;
  const merged = emptyRows(rowsTogether(a.keys, b.keys), a.overlaps.length > 0);
  let [i, j, row] = [0, 0, 0];
  while (i < a.keys.length && j < b.keys.length) {
    const keyOfA = a.keys[i]!;
    const keyOfB = b.keys[j]!;
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
    const difference = a[i]! - b[j]!;
    if (difference === 0) common++;
    if (difference <= 0) i++;
    if (difference >= 0) j++;
  }
  return a.length + b.length - common;
}

function addRow(target: ScoreCounts, row: number, source: ScoreCounts, sourceRow: number): void {
  target.counts[row]! += source.counts[sourceRow]!;
  if (target.overlaps.length > 0) target.overlaps[row]! += source.overlaps[sourceRow]!;
}
