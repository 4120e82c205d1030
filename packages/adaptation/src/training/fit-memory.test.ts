import path from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { resolveAdaptationOptions } from '@mediclip/contracts';
import { RandomStream } from '@mediclip/synthesis';
import { temporaryFolder, testRuntime } from '@mediclip/testing';
import fc from 'fast-check';
import { tensorShapes } from '../detector/detector-shape.js';
import { Head } from '../detector/head.js';
import { greyLayout } from '../kinship/grey-layout.js';
import { relatives } from '../shots/relatives.js';
import { openTinyClip } from '../testing/tiny-clip.js';
import { FeatureStore } from '../tower/feature-store.js';
import { Tower } from '../tower/tower.js';
import { fitMemory, normalTaps } from './fit-memory.js';

const backbone = openTinyClip();
const tower = new Tower(testRuntime, backbone, backbone.defaultTaps);
const { side } = backbone;
const { scoring } = resolveAdaptationOptions({ scoring: { memoryPatches: 64 } });
const normalsTower = tower.at(normalTaps(tower, scoring, 2));

/** Six unrelated pictures, and what a detector may have learned. */
const pictures = Array.from({ length: 6 }, (_, seed) => {
  const random = new RandomStream(seed, 0, 0);
  return {
    width: side,
    height: side,
    data: Uint8Array.from({ length: side * side * 3 }, () => random.integer(0, 256)),
  };
});
const random = new RandomStream(7, 0, 0);
const learned = new Map(
  [...tensorShapes({ backbone, taps: tower.taps })].map(([name, extent]) => [
    name,
    Float32Array.from({ length: extent.reduce((product, size) => product * size, 1) }, () => random.normal(0, 0.1)),
  ]),
);

afterAll(async () => {
  await normalsTower.release();
  await tower.release();
});

test('no detector gives every image the score 1, however its normals are doubled', async () => {
  const features = await normalsTower.features(pictures.map(({ data }) => data));
  const doubled = fc.array(fc.nat(3), { minLength: 2, maxLength: 10 }).filter((all) => new Set(all).size > 1);
  await fc.assert(
    fc.asyncProperty(doubled, async (places) => {
      const store = new FeatureStore(path.join(temporaryFolder(), 'features'));
      for (const place of places) await store.add(features[place]!);
      const normals = {
        features: store,
        relatives: relatives(places.map((place) => pictures[place]!)),
        layouts: places.map((place) => greyLayout(pictures[place]!.data, side)),
      };
      const fit = fitMemory(tower, learned, normals, scoring, 0);
      let part = await fit.next();
      while (!part.done) part = await fit.next();
      const { shape, tensors } = part.value!;
      const head = new Head(testRuntime, { backbone, taps: tower.taps, scoring, memory: shape });
      try {
        const logits: number[] = [];
        for (const ofPicture of features) {
          const [judged] = await head.run([{ features: ofPicture, tensors: new Map([...learned, ...tensors]) }]);
          const { score, logit } = judged!;
          expect(score).toBeLessThan(1);
          logits.push(logit!);
        }
        expect(logits.every(Number.isFinite)).toBe(true);
        expect(new Set(logits).size).toBe(features.length);
      } finally {
        await head.release();
        await store.release();
      }
    }),
    { numRuns: 12 },
  );
});
