import { describe, expect, test } from '@jest/globals';
import type { Runtime } from '@mediclip/onnx-graph';
import { expectClose, testRuntime } from '@mediclip/testing';
import { openTinyClip } from '../testing/tiny-clip.js';
import { batchShapesFor } from './batch-shapes.js';
import { Tower } from './tower.js';

const backbone = openTinyClip();
const image = (seed: number) =>
  Uint8Array.from({ length: backbone.side ** 2 * 3 }, (_, index) => (index * (seed + 3)) % 256);

/** A tower, and how many images passed through it. */
function countingTower() {
  let passed = 0;
  const runtime: Runtime = {
    provider: 'cpu',
    async createSession(model) {
      const session = await testRuntime.createSession(model);
      return {
        ...session,
        run(feeds) {
          passed += feeds.pixels!.shape[0]!;
          return session.run(feeds);
        },
      };
    },
  };
  return { tower: new Tower(runtime, backbone, backbone.defaultTaps), passed: () => passed };
}

describe('images that are seen again', () => {
  test('take one tower pass for all that ask for them', async () => {
    const { tower, passed } = countingTower();
    const [a, again, b] = await tower.sharedFeatures([image(1), image(1), image(2)]);
    expect(passed()).toBe(2);
    const [later] = await tower.sharedFeatures([image(2)]);
    expect(passed()).toBe(2);
    expect([again, later]).toEqual([a, b]);
  });

  test('have the features that they have alone', async () => {
    const { tower } = countingTower();
    const shared = await tower.sharedFeatures([image(1), image(2), image(3)]);
    for (const [index, features] of shared.entries()) {
      const [alone] = await tower.features([image(index + 1)]);
      for (const [tap, values] of features.entries()) expectClose(values, alone![tap]!, 1e-4);
    }
  });

  test('pass again where their very bits count', async () => {
    const { tower, passed } = countingTower();
    await tower.sharedFeatures([image(1)]);
    await tower.features([image(1)]);
    expect(passed()).toBe(2);
  });
});

test.each([
  ['lite', 10e6, 'cpu', [16, 8, 4, 2, 1]],
  ['ViT-B/16 in half precision', 300e6, 'cpu', [8, 1]],
  ['ViT-L/14 in half precision', 860e6, 'cpu', [1]],
  ['ViT-L/14 in half precision', 860e6, 'cuda', [8, 1]],
])('few sessions hold the weights of a large tower: %s, %d bytes, %s', (_, bytes, provider, shapes) => {
  expect(batchShapesFor(bytes, provider)).toEqual(shapes);
});
