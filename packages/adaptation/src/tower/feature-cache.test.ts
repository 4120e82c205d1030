import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FeatureCache } from './feature-cache.js';
import type { Features } from './features.js';

const image = (value: number) => Uint8Array.of(value);
/** 16 bytes in two taps. */
const featuresOf = ([value]: Uint8Array): Features => [Float32Array.of(value!, 1, 2), Float32Array.of(-value!)];

test('gives what computing gives and leaves it be, computes nothing twice at once, and keeps the most recently used', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(fc.nat(9), { maxLength: 6 }), { maxLength: 20 }), async (batches) => {
      const cache = new FeatureCache(4 * 16);
      let recent: number[] = [];
      const answered: [readonly number[], readonly Features[]][] = [];
      for (const batch of batches) {
        const computed: number[] = [];
        const features = await cache.through(batch.map(image), async (missing) => {
          computed.push(...missing.map(([value]) => value!));
          return missing.map(featuresOf);
        });
        answered.push([batch, features]);
        const known = batch.filter((value) => recent.includes(value));
        const unknown = [...new Set(batch)].filter((value) => !recent.includes(value));
        expect(computed).toEqual(unknown);
        for (const value of [...known, ...unknown]) recent = [...recent.filter((other) => other !== value), value];
        recent = recent.slice(-4);
      }
      for (const [batch, features] of answered) {
        expect(features).toEqual(batch.map((value) => featuresOf(image(value))));
      }
    }),
  );
});

test('features that come take the buffers of those that went', async () => {
  const mebibyte = 2 ** 20;
  const cache = new FeatureCache(4 * mebibyte);
  const computed: Features = [new Float32Array(mebibyte / Float32Array.BYTES_PER_ELEMENT)];
  const before = process.memoryUsage().arrayBuffers;
  for (let value = 0; value < 40; value++) await cache.through([image(value)], async () => [computed]);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(12 * mebibyte);
});

test('a cache of no bytes keeps nothing', async () => {
  const cache = new FeatureCache(0);
  for (const _ of [1, 2]) {
    let computed = 0;
    await cache.through([image(1)], async (missing) => {
      computed += missing.length;
      return missing.map(featuresOf);
    });
    expect(computed).toBe(1);
  }
});

test('an image whose features are larger than the cache is answered all the same', async () => {
  const cache = new FeatureCache(15);
  const [features] = await cache.through([image(1)], async (missing) => missing.map(featuresOf));
  expect(features).toEqual(featuresOf(image(1)));
});
