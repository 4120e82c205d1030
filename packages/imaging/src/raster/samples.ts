import type { ImageMode } from '../image/decoded-image.js';

/** Sample values as a file stores them. */
export type SampleValues = Uint8Array | Uint16Array | Int16Array | Float32Array;

/** The stored samples of one upright image, before any of them becomes a grey of 8 bits. */
export interface RasterSamples {
  readonly width: number;
  readonly height: number;
  readonly mode: ImageMode;
  /** Row-major, channels interleaved: `width * height * CHANNELS[mode]` values. */
  readonly data: SampleValues;
  readonly notes: readonly string[];
}

/** Of `available` interleaved channels those that are wanted: the first ones, but of a grey and its alpha the last too. */
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
