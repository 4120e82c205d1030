/** A range of stored values that is stretched over the 8-bit greys: `low` and below become 0, `high` and above 255. */
export interface ValueWindow {
  readonly low: number;
  readonly high: number;
}

/** Smallest and largest finite value of every `stride`-th element; null if there is none. */
export function valueRange(values: ArrayLike<number>, stride = 1): ValueWindow | null {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i += stride) {
    const value = values[i]!;
    if (value < low && value !== Number.NEGATIVE_INFINITY) low = value;
    if (value > high && value !== Number.POSITIVE_INFINITY) high = value;
  }
  return low <= high ? { low, high } : null;
}

/** Share of the values at either end that may be outliers: hot pixels and burnt-in markers. */
const tailShare = 0.005;
/** Values count as outliers when they lie farther from the central range than this many times its width. */
const fenceWidths = 2;
/** Most of a picture that burnt-in markers of one value cover; their edges may cover as much again. */
const markerShare = 0.1;
/** Values that are sorted to find the central range of those that cannot be counted one by one. */
const sampleSize = 65_536;

/** How often each value occurs: `counts[i]` times the value `first + i`. */
export interface ValueHistogram {
  readonly first: number;
  readonly counts: ArrayLike<number>;
}

/** Counts every `stride`-th element of integers of at most 16 bits. */
export function valueHistogram(values: Uint8Array | Uint16Array | Int16Array, stride = 1): ValueHistogram {
  const first = values instanceof Int16Array ? -0x8000 : 0;
  const counts = new Uint32Array(2 ** (8 * values.BYTES_PER_ELEMENT));
  for (let i = 0; i < values.length; i += stride) counts[values[i]! - first]! += 1;
  return { first, counts };
}

/**
 * Smallest and largest value, outliers left out; null if there is no value. The 0.5 and 99.5 percentiles span the
 * central range; what lies farther from it than twice its width is an outlier, so that one hot pixel of 65,535 does
 * not make a 12-bit image black, while an image without such pixels keeps its whole range. So is a burnt-in marker, of
 * up to a tenth of the picture: that many pixels have the very largest value, or the smallest, and it lies as far from
 * all others. Nothing is left out where the central range has no width: a few pixels on an even ground are the picture.
 */
export function robustRange({ first, counts }: ValueHistogram): ValueWindow | null {
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i]!;
  if (total === 0) return null;
  const { low, high } = fence(centralOf((rank) => ranked(counts, rank), total));
  let begin = Math.max(Math.ceil(low), 0);
  let end = Math.min(Math.floor(high), counts.length - 1);
  while (counts[begin] === 0) begin++;
  while (counts[end] === 0) end--;
  return { low: first + begin, high: first + end };
}

/**
 * As `robustRange`, of every `stride`-th value of any kind; the central range is that of at most 65,536 of them, spread
 * evenly. Values that are not finite are left out.
 */
export function robustRangeOf(values: ArrayLike<number>, stride = 1): ValueWindow | null {
  const central = centralRange(values, stride);
  if (!central) return null;
  const { low, high } = fence(central);
  let smallest = central.low;
  let largest = central.high;
  for (let i = 0; i < values.length; i += stride) {
    const value = values[i]!;
    if (value < smallest && value >= low && Number.isFinite(value)) smallest = value;
    if (value > largest && value <= high && Number.isFinite(value)) largest = value;
  }
  return { low: smallest, high: largest };
}

function centralRange(values: ArrayLike<number>, stride: number): ValueWindow | null {
  const count = Math.ceil(values.length / stride);
  const size = Math.min(count, sampleSize);
  const goldenRatio = (Math.sqrt(5) - 1) / 2;
  // Multiples of the golden ratio fall into no pattern with the rows of an image.
  const place = (i: number) => (size === count ? i : Math.floor(((i * goldenRatio) % 1) * count));
  const sample = Float64Array.from({ length: size }, (_, i) => values[place(i) * stride]!).filter(Number.isFinite);
  if (sample.length === 0) return valueRange(values, stride);
  return centralOf(valueIn(sample.sort()), sample.length);
}

/** The range outside of which ascending values are those of markers; whole where there are none. */
export function rangeWithoutMarkers(sorted: Float64Array): ValueWindow {
  const whole = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  if (sorted.length === 0) return whole;
  const { low, high } = markerRanks(valueIn(sorted), sorted.length);
  const { low: least, high: most } = fence(centralOf(valueIn(sorted), sorted.length));
  return { low: low > 0 ? least : whole.low, high: high > 0 ? most : whole.high };
}

/** The value of a rank, counted from 0 at the smallest. */
type ValueOfRank = (rank: number) => number;

const valueIn =
  (sorted: Float64Array): ValueOfRank =>
  (rank) =>
    sorted[rank]!;

function centralOf(value: ValueOfRank, total: number): ValueWindow {
  const rank = Math.floor(total * tailShare);
  const { low, high } = markerRanks(value, total);
  return { low: value(rank + low), high: value(total - 1 - rank - high) };
}

/** How many ranks from either end belong to a burnt-in marker and its edges. */
function markerRanks(value: ValueOfRank, total: number): { readonly low: number; readonly high: number } {
  const rank = Math.floor(total * tailShare);
  const most = Math.floor(total * markerShare);
  const marked = (fromEnd: (rank: number) => number) => {
    const extreme = value(fromEnd(0));
    // One that covers no more than a tail is left out with it.
    if (rank === 0 || value(fromEnd(rank)) !== extreme || value(fromEnd(most)) === extreme) return 0;
    const covered = firstOther((at) => value(fromEnd(at)) === extreme, rank, most);
    const rest = [value(fromEnd(rank + 2 * covered)), value(fromEnd(total - 1 - rank))] as const;
    const { low, high } = fence({ low: Math.min(...rest), high: Math.max(...rest) });
    return extreme < low || extreme > high ? 2 * covered : 0;
  };
  return { low: marked((at) => at), high: marked((at) => total - 1 - at) };
}

/** The first place between two of which `is` no longer holds, once it does not. */
function firstOther(is: (at: number) => boolean, holds: number, fails: number): number {
  let [low, high] = [holds, fails];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (is(middle)) low = middle;
    else high = middle;
  }
  return high;
}

function fence({ low, high }: ValueWindow): ValueWindow {
  const width = high - low;
  if (width === 0) return { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  return { low: low - fenceWidths * width, high: high + fenceWidths * width };
}

/** Index of the value of a rank, counted from 0 at the smallest. */
function ranked(counts: ArrayLike<number>, rank: number): number {
  let passed = 0;
  for (let i = 0; i < counts.length; i++) {
    passed += counts[i]!;
    if (passed > rank) return i;
  }
  return counts.length - 1;
}

/**
 * The 8-bit grey of `value`, rounded to the nearest; NaN becomes 0. A window without width (that of
 * a constant image) makes positive values white, so that a mask of ones stays a mask of ones.
 */
export function windowedGrey(value: number, { low, high }: ValueWindow): number {
  if (low === high) return value > 0 ? 255 : 0;
  if (!(value > low)) return 0;
  if (value >= high) return 255;
  return Math.round(((value - low) / (high - low)) * 255);
}

/** The note of an image whose greys were stretched, so that a reader can tell which value became which grey. */
export function stretchNote({ low, high }: ValueWindow): string {
  if (low === high) return `all greys are ${Number(low.toPrecision(6))}`;
  return `greys ${Number(low.toPrecision(6))}..${Number(high.toPrecision(6))} were stretched to 0..255`;
}

/** Whether a note is that of `stretchNote`. */
export const isStretchNote = (note: string): boolean => note.endsWith('were stretched to 0..255');
