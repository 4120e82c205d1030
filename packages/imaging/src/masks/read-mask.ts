import { channelsOf, type ImageMode } from '../image/decoded-image.js';

/** The stored values of a mask: no window, stretch or colour profile has touched them. */
export interface MaskValues {
  readonly width: number;
  readonly height: number;
  readonly mode: ImageMode;
  /** Row-major, channels interleaved, `width * height * channelsOf[mode]` values. */
  readonly data: ArrayLike<number>;
  /** Whether the encoding changes values, as JPEG does around edges. */
  readonly isLossy: boolean;
}

/** Which pixels of an image are abnormal, and what was decided in reading that. */
export interface ReadMask {
  /** `width * height` values: 0 normal, 255 abnormal. */
  readonly data: Uint8Array;
  readonly notes: readonly string[];
}

/**
 * Reads a mask as what it is. A brush on a transparent ground is where alpha is at least half; a lossy mask where its
 * value is above half the range; else any value but the ground's is abnormal. The ground is 0, unless no pixel is 0 or
 * the mask is inverted: of two values with the larger one all along the border and on most pixels, the smaller one is
 * abnormal.
 */
export function readMask(mask: MaskValues): ReadMask {
  const alpha = alphaValues(mask);
  if (alpha) return { data: above(alpha, 127), notes: ['the mask was read from its transparency'] };
  const values = levels(mask);
  const { low, high } = rangeOf(values);
  if (mask.isLossy) {
    const read = { data: low === high ? new Uint8Array(values.length) : above(values, (low + high) / 2), notes: [] };
    return isInverted(read.data, mask) ? inverted(read.data) : read;
  }
  const distinct = distinctUpTo(values, 256);
  const ground = Math.max(low, 0);
  if (distinct.size === 1) return constantMask(values, low);
  if (distinct.size === 2) {
    const data = above(values, low);
    if (isInverted(data, mask)) return inverted(data);
    return { data, notes: ground === 0 ? [] : [`${ground} was taken as the mask's ground`] };
  }
  const data = Uint8Array.from(values, (value) => (value === ground ? 0 : 255));
  const labels = distinct.size > 256 ? 'more than 255' : distinct.size - 1;
  return { data, notes: [`the mask has ${labels} values beside ${ground}, its ground; all count as abnormal`] };
}

function constantMask(values: ArrayLike<number>, value: number): ReadMask {
  const data = new Uint8Array(values.length).fill(value === 0 ? 0 : 255);
  return { data, notes: [value === 0 ? 'the mask is empty' : 'the mask covers the whole image'] };
}

function inverted(data: Uint8Array): ReadMask {
  return { data: data.map((value) => 255 - value), notes: ['the mask was inverted: its ground is the larger value'] };
}

/** The alpha channel where it tells pixels apart. */
function alphaValues({ mode, data }: MaskValues): ArrayLike<number> | undefined {
  if (mode !== 'greyAlpha' && mode !== 'rgba' && mode !== 'paletteAlpha') return undefined;
  const channels = channelsOf[mode];
  const alpha = Float64Array.from({ length: data.length / channels }, (_, i) => data[i * channels + channels - 1]!);
  const { low, high } = rangeOf(alpha);
  const byteScale = high > 255 ? 257 : 1;
  return low === high ? undefined : alpha.map((value) => value / byteScale);
}

/**
 * One value a pixel: of colours a number that differs where any channel does, 0 for black; of lossy ones, whose
 * channels all vary, the brightest channel.
 */
function levels({ mode, data, isLossy }: MaskValues): ArrayLike<number> {
  const channels = channelsOf[mode];
  if (channels === 1) return data;
  if (channels === 2) return Float64Array.from({ length: data.length / 2 }, (_, i) => data[2 * i]!);
  return Float64Array.from({ length: data.length / channels }, (_, i) => {
    const [red, green, blue] = [data[i * channels]!, data[i * channels + 1]!, data[i * channels + 2]!];
    if (isLossy) return Math.max(red, green, blue);
    return red === green && red === blue ? red : red + 2 ** 16 * green + 2 ** 32 * blue;
  });
}

function isInverted(data: Uint8Array, { width, height }: MaskValues): boolean {
  for (let x = 0; x < width; x++) if (data[x] === 0 || data[(height - 1) * width + x] === 0) return false;
  for (let y = 0; y < height; y++) if (data[y * width] === 0 || data[y * width + width - 1] === 0) return false;
  let abnormal = 0;
  for (let i = 0; i < data.length; i++) if (data[i] !== 0) abnormal++;
  return abnormal > data.length / 2 && abnormal < data.length;
}

function above(values: ArrayLike<number>, threshold: number): Uint8Array {
  return Uint8Array.from(values, (value) => (value > threshold ? 255 : 0));
}

function rangeOf(values: ArrayLike<number>): { low: number; high: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]!);
    high = Math.max(high, values[i]!);
  }
  return { low, high };
}

/** The distinct values, at most one more than `most`. */
function distinctUpTo(values: ArrayLike<number>, most: number): Set<number> {
  const found = new Set<number>();
  for (let i = 0; i < values.length && found.size <= most; i++) found.add(values[i]!);
  return found;
}
