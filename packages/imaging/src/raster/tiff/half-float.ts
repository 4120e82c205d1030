import type { SampleValues } from '../samples.js';

const exponentBias = 15;
const mantissaBits = 1024;

/** The numbers that 16-bit patterns stand for, one by one (IEEE 754 binary16: 1 sign, 5 exponent, 10 mantissa bits). */
export function halfFloats(patterns: SampleValues): Float32Array {
  return Float32Array.from(patterns, (pattern) => {
    const sign = pattern & 0x8000 ? -1 : 1;
    const exponent = (pattern >> 10) & 31;
    const mantissa = pattern % mantissaBits;
    if (exponent === 0) return sign * mantissa * 2 ** (1 - exponentBias - 10);
    if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return sign * (mantissaBits + mantissa) * 2 ** (exponent - exponentBias - 10);
  });
}
