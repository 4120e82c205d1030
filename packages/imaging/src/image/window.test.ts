import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { robustRange, robustRangeOf, valueHistogram, valueRange } from './window.js';

/** Twelve-bit values without outliers. */
const twelveBit = Uint16Array.from({ length: 20_000 }, (_, i) => 100 + ((i * 7919) % 3000));
const withOutliers = (values: Uint16Array, ...outliers: number[]) => Uint16Array.from([...values, ...outliers]);

describe('the robust range', () => {
  test('of values without outliers is their whole range', () => {
    expect(robustRange(valueHistogram(twelveBit))).toEqual({ low: 100, high: 3099 });
    expect(robustRangeOf(twelveBit)).toEqual({ low: 100, high: 3099 });
  });

  test.each([[[65_535]], [[65_535, 65_535, 40_000]], [Array.from({ length: 90 }, () => 65_535)]])(
    'does not change with hot pixels',
    (outliers) => {
      const values = withOutliers(twelveBit, ...outliers);
      expect(robustRange(valueHistogram(values))).toEqual({ low: 100, high: 3099 });
      expect(robustRangeOf(Float32Array.from(values))).toEqual({ low: 100, high: 3099 });
    },
  );

  test.each([0.01, 0.03, 0.08])(
    'does not change with a marker of one value over a share of %d, and its edges',
    (share) => {
      const marker = Array.from({ length: share * twelveBit.length }, () => 65_535);
      const edges = marker.slice(0, marker.length / 3).map((_, i) => 3000 + ((i * 7919) % 62_000));
      for (const values of [withOutliers(twelveBit, ...marker, ...edges), withOutliers(twelveBit, ...marker)]) {
        const { low, high } = robustRange(valueHistogram(values))!;
        expect(low).toBe(100);
        expect(high).toBeLessThan(3 * 3100);
        expect(robustRangeOf(Float32Array.from(values))).toEqual({ low, high });
      }
      const black = Int16Array.from([...twelveBit, ...marker.map(() => -32_768)]);
      expect(robustRange(valueHistogram(black))).toEqual({ low: 100, high: 3099 });
    },
  );

  test('keeps the brightest tenth of a picture where it is no marker: near the rest, of many values, or larger', () => {
    const bright = (count: number, value: (i: number) => number) =>
      robustRange(valueHistogram(withOutliers(twelveBit, ...Array.from({ length: count }, (_, i) => value(i)))))!.high;
    expect(bright(1000, () => 8000)).toBe(8000);
    expect(bright(1000, (i) => 40_000 + i)).toBe(40_999);
    expect(bright(4000, () => 65_535)).toBe(65_535);
  });

  test('does not change with a dead pixel', () => {
    const values = Int16Array.from([...twelveBit, -32_768]);
    expect(robustRange(valueHistogram(values))).toEqual({ low: 100, high: 3099 });
    expect(robustRangeOf(Float64Array.from(values))).toEqual({ low: 100, high: 3099 });
  });

  test('keeps a long tail, as that of a bone scan', () => {
    const tail = Uint16Array.from([...new Uint16Array(9990).map((_, i) => i % 113), 150, 200, 278]);
    expect(robustRange(valueHistogram(tail))).toEqual({ low: 0, high: 278 });
  });

  test('keeps few pixels on an even ground', () => {
    const mask = Uint16Array.from({ length: 10_000 }, (_, i) => (i === 77 ? 700 : i === 78 ? 1 : 0));
    expect(robustRange(valueHistogram(mask))).toEqual({ low: 0, high: 700 });
    expect(robustRangeOf(mask)).toEqual({ low: 0, high: 700 });
  });

  test('reads every second element and leaves out what is no number', () => {
    expect(robustRange(valueHistogram(Uint8Array.of(3, 255, 9, 255), 2))).toEqual({ low: 3, high: 9 });
    const values = Float32Array.of(3, 0, Number.NaN, 0, 9, 0, Number.POSITIVE_INFINITY, 0);
    expect(robustRangeOf(values, 2)).toEqual({ low: 3, high: 9 });
    expect(robustRangeOf(new Float32Array(0))).toBeNull();
    expect(robustRange(valueHistogram(new Uint8Array(0)))).toBeNull();
  });

  test('is the same counted and sampled, and lies within the whole range', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 65_535 }), { minLength: 1, maxLength: 3000 }), (values) => {
        const range = robustRange(valueHistogram(Uint16Array.from(values)))!;
        expect(robustRangeOf(values)).toEqual(range);
        const whole = valueRange(values)!;
        expect(range.low).toBeGreaterThanOrEqual(whole.low);
        expect(range.high).toBeLessThanOrEqual(whole.high);
      }),
      { numRuns: 50 },
    );
  });
});
