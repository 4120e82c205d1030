/** Pixels of one class counted by score key; keys ascend and each has at least one pixel. */
export interface ScoreCounts {
  readonly keys: Uint32Array;
  readonly counts: Uint32Array;
  /** Per key, the sum over its pixels of 1 / (area of the pixel's region); empty for normal pixels, which belong to no region. */
  readonly overlaps: Float64Array;
}

/** Counts pixels one by one: `keys` ascend and may repeat, `overlaps` belongs to them or is empty. */
export function countPixels(keys: Uint32Array, overlaps: Float64Array): ScoreCounts {
  return joinEqualKeys({ keys, counts: new Uint32Array(keys.length).fill(1), overlaps });
}

/** The same pixels with the lowest `bits` bits of every key dropped: keys that become equal are counted together. */
export function dropBits({ keys, counts, overlaps }: ScoreCounts, bits: number): ScoreCounts {
  return joinEqualKeys({ keys: keys.map((key) => key >>> bits), counts, overlaps });
}

/** The different keys of several lists, ascending. */
export function distinctKeys(lists: readonly Uint32Array[]): Uint32Array {
  const keys = new Uint32Array(lists.reduce((length, list) => length + list.length, 0));
  let used = 0;
  for (const list of lists) {
    keys.set(list, used);
    used += list.length;
  }
  return keys.sort().filter((key, i) => i === 0 || key !== keys[i - 1]);
}

function joinEqualKeys({ keys, counts, overlaps }: ScoreCounts): ScoreCounts {
  let distinct = 0;
  for (let i = 0; i < keys.length; i++) if (i === 0 || keys[i] !== keys[i - 1]) distinct++;
  const joined = {
    keys: new Uint32Array(distinct),
    counts: new Uint32Array(distinct),
    overlaps: new Float64Array(overlaps.length > 0 ? distinct : 0),
  };
  let last = -1;
  for (let i = 0; i < keys.length; i++) {
    if (i === 0 || keys[i] !== keys[i - 1]) joined.keys[++last] = keys[i]!;
    joined.counts[last]! += counts[i]!;
    if (overlaps.length > 0) joined.overlaps[last]! += overlaps[i]!;
  }
  return joined;
}
