import { describe, expect, test } from '@jest/globals';
import { OutOfMemoryError, type Runtime } from '@mediclip/onnx-graph';
import { expectClose, testRuntime } from '@mediclip/testing';
import type { BatchHalved } from '../halving.js';
import { SmallDevice } from '../testing/small-device.js';
import { openTinyClip } from '../testing/tiny-clip.js';
import { batchShapesFor, nextBatch } from './batch-shapes.js';
import { Tower } from './tower.js';
import { Towers } from './towers.js';

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

test('an image that passes alone does so once, with the bits that it has alone', async () => {
  const { tower, passed } = countingTower();
  await tower.sharedFeatures([image(1), image(2)]);
  const alone = await tower.featuresAlone(image(1));
  expect(passed()).toBe(3);
  expect(await tower.featuresAlone(image(1))).toEqual(alone);
  expect(passed()).toBe(3);
  expect(await tower.features([image(1)])).toEqual([alone]);
});

test('a shared tower lends the shared one up to other taps, and keeps it loaded meanwhile', async () => {
  const towers = new Towers(testRuntime);
  const { tower, giveBack } = towers.open('lite').borrow([4, 22]);
  expect(tower).toBe(towers.open('lite', [4, 22]));
  expect(tower.isRetained).toBe(true);
  await giveBack();
  expect(tower.isRetained).toBe(false);
  await towers.release();
});

describe('when memory runs out', () => {
  const images = Array.from({ length: 10 }, (_, seed) => image(seed));

  function towerOn(device: SmallDevice) {
    const warnings: BatchHalved[] = [];
    const tower = new Tower(device, backbone, backbone.defaultTaps, {
      onBatchHalved: (halved) => warnings.push(halved),
    });
    return { tower, warnings };
  }

  test('in a run, the batch is halved once, and all images are passed', async () => {
    const device = new SmallDevice(4);
    const { tower, warnings } = towerOn(device);
    const features = await tower.features(images);
    const expected = await towerOn(new SmallDevice(8)).tower.features(images);
    for (const [index, taps] of expected.entries()) {
      for (const [tap, values] of taps.entries()) expectClose(features[index]![tap]!, values, 1e-4);
    }
    expect(device.passed).toEqual([4, 4, 2]);
    expect(device.openBatches).toEqual([2, 4]);
    await tower.features(images);
    expect(await tower.nextBatch(8)).toEqual({ images: 4, shape: 4 });
    expect(warnings).toEqual([{ work: 'image tower', backbone: backbone.id, batch: 4 }]);
    await tower.release();
    expect(device.openBatches).toEqual([]);
  });

  test('for a session, the batch is halved too', async () => {
    const device = new SmallDevice(8);
    const { tower, warnings } = towerOn(device);
    device.failNext();
    expect(await tower.features(images)).toHaveLength(10);
    expect(device.passed).toEqual([4, 4, 2]);
    expect(warnings).toHaveLength(1);
  });

  test('a second time, the call fails, and smaller ones go on', async () => {
    const { tower, warnings } = towerOn(new SmallDevice(2));
    await expect(tower.features(images)).rejects.toBeInstanceOf(OutOfMemoryError);
    expect(await tower.features(images.slice(0, 2))).toHaveLength(2);
    expect(warnings).toHaveLength(1);
  });

  test('over a single image, sessions for more are released', async () => {
    const device = new SmallDevice(16);
    const { tower } = towerOn(device);
    await tower.features(images);
    device.failNext();
    expect(await tower.features(images.slice(0, 1))).toHaveLength(1);
    expect(device.openBatches).toEqual([1]);
    device.failNext();
    await expect(tower.features(images.slice(0, 1))).rejects.toBeInstanceOf(OutOfMemoryError);
  });
});

describe('on a runtime with lanes', () => {
  const images = Array.from({ length: 3 }, (_, seed) => image(seed));

  function towerWithLanes() {
    const lanes = [new SmallDevice(1), new SmallDevice(1)] as const;
    const whole = new SmallDevice(1);
    const runtime: Runtime = { provider: 'cpu', lanes, createSession: (model) => whole.createSession(model) };
    return { tower: new Tower(runtime, backbone, backbone.defaultTaps), lanes, whole };
  }

  test('images that come together pass in one each, with the features that they have alone', async () => {
    const { tower, lanes, whole } = towerWithLanes();
    expect(await tower.nextBatch(3)).toEqual({ images: 2, shape: 2 });
    const together = await tower.features(images);
    expect([...lanes, whole].map(({ passed }) => passed)).toEqual([[1, 1], [1], []]);
    for (const [index, features] of together.entries()) {
      const [alone] = await tower.features([images[index]!]);
      for (const [tap, values] of features.entries()) expectClose(values, alone![tap]!, 1e-6);
    }
  });

  test('when memory runs out, they pass one after the other', async () => {
    const { tower, lanes, whole } = towerWithLanes();
    await tower.features(images);
    lanes[1].failNext();
    expect(await tower.features(images)).toHaveLength(3);
    expect(whole.passed).toEqual([1, 1, 1]);
    expect(lanes.map(({ sessions }) => sessions)).toEqual([0, 0]);
    expect(await tower.nextBatch(3)).toEqual({ images: 1, shape: 1 });
    await tower.release();
    expect(whole.sessions).toBe(0);
  });
});

test('a session that could not be made is made again for the next call', async () => {
  const device = new SmallDevice(16);
  const tower = new Tower(device, backbone, backbone.defaultTaps);
  device.failNext(new Error('Too many open files.'));
  await expect(tower.features([image(1)])).rejects.toThrow('Too many open files.');
  expect(await tower.features([image(1)])).toHaveLength(1);
});

test.each([
  ['lite', 10e6, 'cpu', 16, [8, 4, 2, 1]],
  ['lite', 10e6, 'cpu', 3, [4, 2, 1]],
  ['lite', 10e6, 'cpu', 2, [2, 1]],
  ['lite', 10e6, 'cpu', 1, [1]],
  ['lite', 10e6, 'cuda', 2, [16, 8, 4, 2, 1]],
  ['ViT-B/16 in half precision', 300e6, 'cpu', 16, [8, 1]],
  ['ViT-B/16 in half precision', 300e6, 'cpu', 2, [2, 1]],
  ['ViT-B/16 in half precision', 300e6, 'cpu', 1, [1]],
  ['ViT-L/14 in half precision', 860e6, 'cpu', 16, [1]],
  ['ViT-L/14 in half precision', 860e6, 'cuda', 2, [16, 8, 4, 2, 1]],
])('few sessions hold the weights: %s, %d bytes, %s with %d threads', (_, bytes, provider, threads, shapes) => {
  expect(batchShapesFor(bytes, { provider, threads })).toEqual(shapes);
});

test.each([
  ['cpu', 5, [8, 4, 2, 1], { images: 4, shape: 4 }],
  ['cpu', 9, [8, 1], { images: 8, shape: 8 }],
  ['cpu', 3, [1], { images: 1, shape: 1 }],
  ['cuda', 5, [16, 8, 4, 2, 1], { images: 5, shape: 8 }],
  ['cuda', 40, [16, 8, 4, 2, 1], { images: 16, shape: 16 }],
  ['cuda', 1, [16, 8, 4, 2, 1], { images: 1, shape: 1 }],
  ['cuda', 5, [4, 2, 1], { images: 4, shape: 4 }],
] as const)('on %s %d images go in %j as %j', (provider, images, shapes, next) => {
  expect(nextBatch(images, shapes, provider)).toEqual(next);
});

test('padding of a batch changes no image', async () => {
  const five = Array.from({ length: 5 }, (_, index) => image(index));
  const onGpu = new Tower({ ...testRuntime, provider: 'cuda' }, backbone, backbone.defaultTaps, {
    precision: 'float32',
  });
  const padded = await onGpu.features(five);
  expect(padded).toHaveLength(5);
  const alone = await new Tower(testRuntime, backbone, backbone.defaultTaps).features(five);
  for (const [index, features] of padded.entries()) {
    for (const [tap, values] of features.entries()) expectClose(values, alone[index]![tap]!, 1e-4);
  }
});
