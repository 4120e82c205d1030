import { describe, expect, it } from '@jest/globals';
import { elementCount, float32FromBfloat16, float32FromFloat16, toFloat32 } from './tensor.js';

describe('half precision', () => {
  it('widens float16: normal, subnormal, zero, infinite', () => {
    const bits = Uint16Array.of(0x3c00, 0xc000, 0x3555, 0x0001, 0x03ff, 0x8000, 0x7bff, 0x7c00, 0xfc00, 0x7e00);
    expect(float32FromFloat16(bits)).toEqual(
      Float32Array.of(1, -2, 1365 / 4096, 2 ** -24, 1023 * 2 ** -24, -0, 65504, Infinity, -Infinity, NaN),
    );
  });

  it('widens bfloat16', () => {
    expect(float32FromBfloat16(Uint16Array.of(0x3f80, 0xc049, 0x7f80))).toEqual(
      Float32Array.of(1, -3.140625, Infinity),
    );
  });

  it('makes float32 of every dtype', () => {
    expect(toFloat32({ dtype: 'I64', shape: [2], data: BigInt64Array.of(-3n, 7n) })).toEqual(Float32Array.of(-3, 7));
    expect(toFloat32({ dtype: 'I8', shape: [1], data: Int8Array.of(-128) })).toEqual(Float32Array.of(-128));
    expect(toFloat32({ dtype: 'F16', shape: [1], data: Uint16Array.of(0x3800) })).toEqual(Float32Array.of(0.5));
  });
});

describe('element count', () => {
  it('is 1 for a scalar, 0 as soon as one side is, and never inexact', () => {
    expect(elementCount([])).toBe(1);
    expect(elementCount([3, 0, 2 ** 50])).toBe(0);
    expect(elementCount([2 ** 30, 2 ** 30])).toBeNaN();
    expect(elementCount([1.5])).toBeNaN();
  });
});
