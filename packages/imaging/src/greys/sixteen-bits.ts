import { robustRangeOf, valueRange } from '../image/window.js';
import { type GreyPixels, storedCodes } from './grey-values.js';

export type WideValues = Int32Array | Uint32Array | Float32Array;

/** Numbers of at most 16 bits in place of wider ones, and what they mean. */
export interface SixteenBits {
  readonly stored: Uint16Array;
  readonly pixels: Pick<GreyPixels, 'bits' | 'slope' | 'intercept' | 'padding'>;
  readonly notes: readonly string[];
}

/** The number of what is no part of the picture. */
const paddingCode = storedCodes - 1;
const largestCode = paddingCode - 1;

/**
 * Values of 32 bits in 16. Integers of a range below 65,535 are counted from the smallest and lose nothing; others are
 * scaled so that their range, outliers left out, has 65,535 steps, and a note says so. NaN, and what `isPadding` says,
 * is padding.
 */
export function sixteenBits(values: WideValues, isPadding: (value: number) => boolean = () => false): SixteenBits {
  const isPart = (value: number) => !Number.isNaN(value) && !isPadding(value);
  const parts = partsOf(values, isPart);
  const whole = valueRange(parts) ?? { low: 0, high: 0 };
  const isExact = whole.high - whole.low <= largestCode && parts.every(Number.isInteger);
  const { low, high } = isExact ? whole : (robustRangeOf(parts) ?? whole);
  const slope = isExact || high === low ? 1 : (high - low) / largestCode;
  const stored = new Uint16Array(values.length);
  for (let i = 0; i < stored.length; i++) {
    const value = values[i]!;
    stored[i] = isPart(value) ? Math.min(Math.max(Math.round((value - low) / slope), 0), largestCode) : paddingCode;
  }
  const bits = isExact ? Math.max(Math.ceil(Math.log2(high - low + 1)), 9) : 16;
  const padding = parts.length < values.length && { padding: { low: paddingCode, high: paddingCode } };
  const shown = (value: number) => Number(value.toPrecision(6));
  return {
    stored,
    pixels: { bits, slope, intercept: low, ...padding },
    notes: isExact ? [] : [`values from ${shown(low)} to ${shown(high)} were scaled to 16 bits`],
  };
}

/** The values that are part of the picture: themselves where all are. */
function partsOf(values: WideValues, isPart: (value: number) => boolean): WideValues {
  if (values.every(isPart)) return values;
  const parts = values.slice();
  let count = 0;
  for (let i = 0; i < values.length; i++) if (isPart(values[i]!)) parts[count++] = values[i]!;
  return parts.subarray(0, count);
}
