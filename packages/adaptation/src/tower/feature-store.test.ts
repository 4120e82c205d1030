import { readdirSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import fc from 'fast-check';
import { FeatureStore } from './feature-store.js';
import type { Features } from './features.js';

/** 20 bytes in two taps. */
const features = (image: number): Features => [Float32Array.of(image, image / 3, -0), Float32Array.of(7, image + 0.5)];

test('gives back what was added, bit for bit, whether it fits into memory or not', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(12),
      fc.nat(160),
      fc.array(fc.nat(11), { maxLength: 20 }),
      async (images, maxBytes, reads) => {
        const store = new FeatureStore(temporaryFolder(), maxBytes);
        for (let image = 0; image < images; image++) await store.add(features(image));
        expect(store.size).toBe(images);
        for (const image of reads) {
          if (image < images) expect(await store.get(image)).toEqual(features(image));
          else await expect(store.get(image)).rejects.toThrow(RangeError);
        }
        await store.release();
      },
    ),
    { numRuns: 50 },
  );
});

test('leaves nothing in its folder, even while it is in use', async () => {
  const folder = temporaryFolder();
  const store = new FeatureStore(folder, 0);
  await store.add(features(1));
  expect(readdirSync(folder)).toEqual([]);
  expect(await store.get(0)).toEqual(features(1));
  await store.release();
});
