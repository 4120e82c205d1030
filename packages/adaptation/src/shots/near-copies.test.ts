import { describe, expect, test } from '@jest/globals';
import { RandomStream } from '@mediclip/synthesis';
import fc from 'fast-check';
import {
  differAtMost,
  nearCopyDifference,
  type PictureData,
  pictureSignature,
  relativeDifference,
} from './near-copies.js';

const side = 192;

/** A picture of `channels` with some bright discs that the seed places; `shift` moves it, `noise` grains it. */
function picture(seed: number, { shift = 0, noise = 0, channels = 1 } = {}): PictureData {
  const random = new RandomStream(seed, 0, 0);
  const discs = Array.from({ length: 6 }, () => {
    const [x, y] = [random.uniform(0, side), random.uniform(0, side)];
    return [x, y, random.uniform(16, 40)] as const;
  });
  const grain = new RandomStream(seed, 1, 0);
  const data = Uint8Array.from({ length: side * side * channels }, (_, i) => {
    const pixel = Math.floor(i / channels);
    const [x, y] = [(pixel % side) + shift, Math.floor(pixel / side)];
    let hits = 0;
    for (const [cx, cy, r] of discs) if ((x - cx) ** 2 + (y - cy) ** 2 < r ** 2) hits++;
    return 30 + Math.min(3, hits) * 60 + (noise > 0 ? grain.normal(0, noise) : 0);
  });
  return { width: side, height: side, data };
}

const difference = (a: PictureData, b: PictureData) => relativeDifference(pictureSignature(a), pictureSignature(b));

describe('near copies', () => {
  test('are pictures that were shifted by a pixel, grained, or resized, and no others', () => {
    for (let seed = 0; seed < 12; seed++) {
      const one = picture(seed);
      expect(difference(one, one)).toBe(0);
      expect(difference(one, picture(seed, { shift: 1 }))).toBeLessThan(nearCopyDifference);
      expect(difference(one, picture(seed, { noise: 8 }))).toBeLessThan(nearCopyDifference);
      expect(difference(one, picture(seed + 100))).toBeGreaterThan(2 * nearCopyDifference);
    }
  });

  test('are told channel by channel, and never between grey and colour', () => {
    const grey = picture(1, { channels: 3 });
    const red = { ...grey, data: grey.data.map((value, i) => (i % 3 === 0 ? value : value / 2)) };
    expect(difference(grey, red)).toBeGreaterThan(nearCopyDifference);
    expect(difference(picture(1), grey)).toBe(Number.POSITIVE_INFINITY);
  });

  test('among empty pictures are those of one brightness', () => {
    const empty = (value: number) => ({ width: side, height: side, data: new Uint8Array(side * side).fill(value) });
    expect(difference(empty(0), empty(0))).toBe(0);
    expect(difference(empty(0), empty(20))).toBeGreaterThan(1);
  });

  test('are found by the coarse comparison exactly where the fine one finds them', () => {
    const made = new Map<string, ReturnType<typeof pictureSignature>>();
    const signatureOf = (seed: number, shift: number) => {
      const signature = made.get(`${seed} ${shift}`) ?? pictureSignature(picture(seed, { shift }));
      made.set(`${seed} ${shift}`, signature);
      return signature;
    };
    const most = fc.double({ min: 0, max: 1.5, noNaN: true });
    fc.assert(
      fc.property(fc.nat(9), fc.nat(9), fc.integer({ min: 0, max: 3 }), most, (a, b, shift, limit) => {
        const [one, other] = [signatureOf(a, 0), signatureOf(b, 2 * shift)];
        expect(differAtMost(one, other, limit)).toBe(relativeDifference(one, other) <= limit);
        expect(relativeDifference(one, other)).toBeCloseTo(relativeDifference(other, one), 12);
      }),
      { numRuns: 60 },
    );
  });

  test('of any size are compared, smaller than the grid too', () => {
    const small = { width: 5, height: 3, data: Uint8Array.from({ length: 15 }, (_, i) => i * 17) };
    expect(pictureSignature(small).means.length).toBe(32 * 32);
    expect(difference(small, small)).toBe(0);
  });
});
