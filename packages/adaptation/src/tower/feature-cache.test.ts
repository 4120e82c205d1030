import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FeatureCache } from './feature-cache.js';
import type { Features } from './features.js';

const image = (value: number) => Uint8Array.of(value);
/** 16 bytes in two taps. */
const featuresOf = ([value]: Uint8Array): Features => [Float32Array.of(value!, 1, 2), Float32Array.of(-value!)];

test('gives what computing gives, computes nothing twice at once, and keeps the most recently used', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(fc.nat(9), { maxLength: 6 }), { maxLength: 20 }), async (batches) => {
      const cache = new FeatureCache(4 * 16);
      let recent: number[] = [];
      for (const batch of batches) {
        const computed: number[] = [];
        const features = await cache.through(batch.map(image), async (missing) => {
          computed.push(...missing.map(([value]) => value!));
          return missing.map(featuresOf);
        });
        expect(features).toEqual(batch.map((value) => featuresOf(image(value))));
        const known = batch.filter((value) => recent.includes(value));
        const unknown = [...new Set(batch)].filter((value) => !recent.includes(value));
        expect(computed).toEqual(unknown);
        for (const value of [...known, ...unknown]) recent = [...recent.filter((other) => other !== value), value];
        recent = recent.slice(-4);
      }
    }),
  );
});

test('an image whose features are larger than the cache is answered all the same', async () => {
  const cache = new FeatureCache(15);
  const [features] = await cache.through([image(1)], async (missing) => missing.map(featuresOf));
  expect(features).toEqual(featuresOf(image(1)));
});
