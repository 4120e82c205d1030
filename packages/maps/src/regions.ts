/** A connected area of a map at or above a threshold; all lengths in map pixels, positions from the upper left. */
export interface MapRegion {
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  /** Area of the region itself, not of its box. */
  readonly areaPixels: number;
  /** `areaPixels` as a share of the whole map. */
  readonly areaShare: number;
  readonly peak: { readonly x: number; readonly y: number; readonly value: number };
  readonly mean: number;
}

export interface FindRegionsOptions {
  /** Pixels from this value on belong to regions. */
  readonly threshold: number;
  /** Regions of fewer pixels are left out; default 1. */
  readonly smallestPixels?: number;
}

/**
 * Regions as they grow: neighbouring pixels of a row first, each then joined with what it touches above, into the first
 * of them. Used by one search after the other, for each would leave behind several times what the map takes.
 */
class GrowingRegions {
  readonly side: number;
  /** Of each run its first pixel and the one behind its last, in the order of pixels. */
  readonly begin: Int32Array;
  readonly end: Int32Array;
  /** An earlier run of the same region; its own number for the first one, which stands for the region. */
  readonly #joined: Int32Array;
  /** What is known of a run, and at the end of its region, under the number of that one's first run. */
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly bottom: Int32Array;
  readonly count: Int32Array;
  readonly sum: Float64Array;
  readonly peak: Int32Array;

  constructor(side: number) {
    const mostRuns = side * Math.ceil(side / 2);
    this.side = side;
    const integers = () => new Int32Array(mostRuns);
    [this.begin, this.end, this.#joined] = [integers(), integers(), integers()];
    [this.left, this.right, this.bottom, this.count] = [integers(), integers(), integers(), integers()];
    this.sum = new Float64Array(mostRuns);
    this.peak = integers();
  }

  /** The run that stands for the region of `run`. */
  regionOf(run: number): number {
    const joined = this.#joined;
    while (joined[run] !== run) {
      joined[run] = joined[joined[run]!]!;
      run = joined[run]!;
    }
    return run;
  }

  /** Finds the runs of `map` from `threshold` on and joins those that touch; returns their number. */
  grow(map: Float32Array, threshold: number): number {
    const { side, begin, end, sum, peak, left, right, bottom, count } = this;
    let runs = 0;
    let aboveBegin = 0;
    for (let row = 0; row < side; row++) {
      const rowEnd = (row + 1) * side;
      const rowBegin = runs;
      let above = aboveBegin;
      for (let pixel = row * side; pixel < rowEnd; pixel++) {
        if (!(map[pixel]! >= threshold)) continue;
        const first = pixel;
        let [highest, total] = [pixel, 0];
        for (; pixel < rowEnd && map[pixel]! >= threshold; pixel++) {
          total += map[pixel]!;
          if (map[pixel]! > map[highest]!) highest = pixel;
        }
        begin[runs] = first;
        end[runs] = pixel;
        sum[runs] = total;
        peak[runs] = highest;
        left[runs] = first - row * side;
        right[runs] = pixel - 1 - row * side;
        bottom[runs] = row;
        count[runs] = pixel - first;
        this.#joined[runs] = runs;
        while (above < rowBegin && end[above]! + side < first) above++;
        for (let near = above; near < rowBegin && begin[near]! + side <= pixel; near++) this.#join(near, runs);
        runs++;
      }
      aboveBegin = rowBegin;
    }
    for (let run = 0; run < runs; run++) this.#addToRegion(run, map);
    return runs;
  }

  #join(one: number, other: number): void {
    const [first, second] = [this.regionOf(one), this.regionOf(other)];
    this.#joined[Math.max(first, second)] = Math.min(first, second);
  }

  #addToRegion(run: number, map: Float32Array): void {
    const region = this.regionOf(run);
    if (region === run) return;
    const { left, right, bottom, count, sum, peak } = this;
    left[region] = Math.min(left[region]!, left[run]!);
    right[region] = Math.max(right[region]!, right[run]!);
    bottom[region] = Math.max(bottom[region]!, bottom[run]!);
    count[region]! += count[run]!;
    sum[region]! += sum[run]!;
    if (map[peak[run]!]! > map[peak[region]!]!) peak[region] = peak[run]!;
  }
}

let growing = new GrowingRegions(0);

/**
 * The 8-connected regions of a square map `[side, side]` with values of at least `threshold`, highest peak first.
 * Throws a RangeError when the map has another length.
 */
export function findRegions(
  map: Float32Array,
  side: number,
  { threshold, smallestPixels = 1 }: FindRegionsOptions,
): MapRegion[] {
  if (map.length !== side * side) throw new RangeError(`The map has ${map.length} values, not ${side} x ${side}.`);
  if (growing.side !== side) growing = new GrowingRegions(side);
  const runs = growing.grow(map, threshold);
  const regions: MapRegion[] = [];
  for (let run = 0; run < runs; run++) {
    if (growing.regionOf(run) === run && growing.count[run]! >= smallestPixels) regions.push(described(run, map, side));
  }
  return regions.sort((a, b) => b.peak.value - a.peak.value);
}

function described(region: number, map: Float32Array, side: number): MapRegion {
  const [left, top] = [growing.left[region]!, Math.floor(growing.begin[region]! / side)];
  const [areaPixels, peak] = [growing.count[region]!, growing.peak[region]!];
  return {
    box: { x: left, y: top, width: growing.right[region]! - left + 1, height: growing.bottom[region]! - top + 1 },
    areaPixels,
    areaShare: areaPixels / map.length,
    peak: { x: peak % side, y: Math.floor(peak / side), value: map[peak]! },
    mean: growing.sum[region]! / areaPixels,
  };
}
