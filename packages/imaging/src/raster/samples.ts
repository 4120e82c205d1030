import type { ImageMode } from '../image/decoded-image.js';
import type { FrameCost } from '../image/frame-cost.js';

/** Sample values as a file stores them. */
export type SampleValues = Uint8Array | Uint16Array | Int16Array | Float32Array;

/** The stored samples of one upright image, before any of them becomes a grey of 8 bits. */
export interface RasterSamples {
  readonly width: number;
  readonly height: number;
  readonly mode: ImageMode;
  /** Row-major, channels interleaved: `width * height * channelsOf[mode]` values. */
  readonly data: SampleValues;
  /** For greys: value = slope * sample + intercept; without it samples are the values. */
  readonly scale?: { readonly slope: number; readonly intercept: number };
  /** Whether the encoding changes values, as JPEG does around edges. */
  readonly isLossy?: boolean;
  readonly notes: readonly string[];
}

/** A raster file whose header is read and within the limits. */
export interface RasterFile {
  /** Pages, or frames of an animation. */
  readonly frameCount: number;
  /** The group of the slices of a volume, which belong together. */
  readonly group?: string;
  /** What decoding one of those frames costs; throws as `samples` rejects. */
  cost(frame: number): FrameCost;
  /**
   * Decodes a frame of those that there are, counted from 0. Rejects with an ImageError: `no-such-frame` for any but
   * the first of an animation, `corrupt-image`, `unsupported-encoding`, `too-many-pixels`, `timed-out` or
   * `out-of-memory`.
   */
  samples(frame: number): RasterSamples | Promise<RasterSamples>;
}

/**
 * The `wanted` ones of `available` interleaved channels: the first ones, but where alpha belongs to a grey, that too.
 */
export function keptChannels(values: SampleValues, available: number, wanted: number): SampleValues {
  if (available === wanted) return values;
  if (available < wanted) throw new Error(`${wanted} channels were expected of ${available}; this is a bug.`);
  const isGreyAlpha = wanted === 2;
  const kept = new (values.constructor as new (length: number) => SampleValues)((values.length / available) * wanted);
  for (let from = 0, to = 0; to < kept.length; from += available) {
    for (let channel = 0; channel < wanted; channel++) {
      kept[to++] = values[from + (isGreyAlpha && channel === 1 ? available - 1 : channel)]!;
    }
  }
  return kept;
}
