import type { GreyValues } from '../greys/grey-values.js';
import { type SixteenBits, sixteenBits } from '../greys/sixteen-bits.js';
import type { RasterSamples, SampleValues } from './samples.js';

const smallestSigned = -0x8000;

/** The values of greys deeper than 8 bits, and what was decided in reading them; undefined for any other picture. */
export function greyValuesOf({
  width,
  height,
  mode,
  data,
  scale = { slope: 1, intercept: 0 },
  notes,
}: RasterSamples): { readonly greys: GreyValues; readonly notes: readonly string[] } | undefined {
  if (mode !== 'grey' || data instanceof Uint8Array) return undefined;
  const { stored, pixels, notes: further } = storedGreys(data);
  const slope = scale.slope * pixels.slope;
  const intercept = scale.slope * pixels.intercept + scale.intercept;
  const greys = { width, height, stored, pixels: { ...pixels, slope, intercept } };
  return { greys, notes: [...notes, ...further] };
}

/** Signed samples are turned in their own memory, for there may be many. */
function storedGreys(data: Exclude<SampleValues, Uint8Array>): SixteenBits {
  if (data instanceof Float32Array) return sixteenBits(data);
  if (data instanceof Uint16Array) return { stored: data, pixels: { bits: 16, slope: 1, intercept: 0 }, notes: [] };
  const stored = new Uint16Array(data.buffer, data.byteOffset, data.length);
  for (let i = 0; i < stored.length; i++) stored[i] = data[i]! - smallestSigned;
  return { stored, pixels: { bits: 16, slope: 1, intercept: smallestSigned }, notes: [] };
}
