import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { resolveAdaptationOptions } from '@mediclip/contracts';
import { OutOfMemoryError, type Runtime, type Tensor } from '@mediclip/onnx-graph';
import { RandomStream } from '@mediclip/synthesis';
import { expectClose, quickRuntime, temporaryFolder, testRuntime } from '@mediclip/testing';
import type { BatchHalved } from '../halving.js';
import { SmallDevice } from '../testing/small-device.js';
import { Towers } from '../tower/towers.js';
import { readDetector, writeDetector } from './detector-files.js';
import { type DetectorShape, storedTensorShapes } from './detector-shape.js';
import { exportedModelName, writeExportedModel } from './export.js';
import { type DetectorReference, Scorer } from './scorer.js';

const towers = new Towers(testRuntime);
const { backbone, taps } = towers.open('lite');

/** A detector of random numbers with a memory of a few random patches, or without one. */
async function randomDetector(
  seed: number,
  { hasMemory }: { hasMemory: boolean } = { hasMemory: true },
): Promise<{ id: string; folder: string }> {
  const folder = path.join(temporaryFolder(), `detector-${seed}`);
  mkdirSync(folder);
  const options = resolveAdaptationOptions({ seed });
  const memory = hasMemory ? { taps: [22, 30], patches: 32 } : undefined;
  const shape: DetectorShape = { backbone, taps, scoring: options.scoring, memory };
  const kinship = hasMemory ? { shots: 3 } : undefined;
  const random = new RandomStream(seed, 0, 0);
  const tensors = new Map(
    [...storedTensorShapes(shape, kinship)].map(([name, extent]) => {
      const size = extent.reduce((product, side) => product * side, 1);
      return [name, Float32Array.from({ length: size }, () => random.normal(0, 0.1))];
    }),
  );
  tensors.set('memory.scales', Float32Array.of(0.1, 0.5, 0.1, 2, 1));
  const images = { count: 16, digest: 'sha256:0' };
  await writeDetector(folder, { shape, tensors, options, kinship, images, lossHistory: [], selectedEpoch: 1 });
  return { id: `${seed}`, folder };
}

const image = (seed: number): Uint8Array => {
  const random = new RandomStream(seed, 1, 0);
  return Uint8Array.from({ length: backbone.side ** 2 * 3 }, () => random.integer(0, 256));
};

describe('on a device that is far from the process', () => {
  const options = { precision: 'float32' } as const;
  let detectors: readonly { id: string; folder: string }[];

  beforeAll(async () => {
    detectors = [await randomDetector(11), await randomDetector(12, { hasMemory: false })];
  });

  test('a detector says what it says on the processor, and only pixels, maps and scores cross', async () => {
    const fed: (readonly string[])[] = [];
    const crossed: (readonly string[])[] = [];
    const device: Runtime = {
      provider: 'cuda',
      async createSession(model) {
        const session = await testRuntime.createSession(model);
        return {
          ...session,
          async run(feeds, fetches) {
            const outputs = await session.run(feeds, fetches);
            fed.push(Object.entries(feeds).map(([name, { shape }]) => `${name} ${shape}`));
            crossed.push(Object.keys(outputs).sort());
            return outputs;
          },
        };
      },
    };
    // One detector needs the memory's taps, the other does not: they do not share a key.
    for (const detector of detectors) {
      fed.length = 0;
      const requests = [1, 2, 3].map((seed) => ({ detector, image: image(seed) }));
      const expected = await new Scorer(new Towers(testRuntime, options)).score(requests);
      const scored = await new Scorer(new Towers(device, options)).score(requests);
      for (const [index, { score, map, mapSide, kinship }] of scored.entries()) {
        expect(mapSide).toBe(backbone.side);
        expect(kinship).toEqual(expected[index]!.kinship);
        expect(kinship === undefined).toBe(detector === detectors[1]);
        expect(score).toBeCloseTo(expected[index]!.score, 4);
        expectClose(map, expected[index]!.map, 1e-4);
      }
      expect(fed).toEqual([[`pixels 4,${backbone.side},${backbone.side},3`]]);
      const last = crossed.at(-1)!;
      expect(last.filter((name) => name !== 'moments')).toEqual(['logit', 'map', 'score']);
    }
  });

  test('half precision sends one number an image that tells of an overflow', async () => {
    const outputs: string[][] = [];
    let overflows = false;
    const device: Runtime = {
      provider: 'cuda',
      async createSession(model) {
        const session = await testRuntime.createSession(model);
        return {
          ...session,
          async run(feeds) {
            const results = await session.run(feeds);
            outputs.push(Object.entries<Tensor>(results).map(([name, { shape }]) => `${name} ${shape[0]}`));
            const overflow = { ...results.overflow, data: Float32Array.of(Number.NaN) };
            return overflows ? { ...results, overflow } : results;
          },
        };
      },
    };
    const score = () => new Scorer(new Towers(device)).score([{ detector: detectors[0]!, image: image(1) }]);
    await score();
    expect(outputs).toEqual([['map 1', 'score 1', 'logit 1', 'moments 1', 'overflow 1']]);
    overflows = true;
    await expect(score()).rejects.toMatchObject({ code: 'half-precision-overflow' });
  });

  test('sessions are few, those used last, and go when a detector does or memory runs out', async () => {
    const device = new SmallDevice(16, 'cuda', quickRuntime);
    const warnings: BatchHalved[] = [];
    const towersThere = new Towers(device, { ...options, onBatchHalved: (halved) => warnings.push(halved) });
    const scorer = new Scorer(towersThere);
    const copies = Array.from({ length: 9 }, (_, index) => ({ ...detectors[1]!, id: `copy-${index}` }));
    for (const detector of copies) await scorer.score([{ detector, image: image(1) }]);
    expect(device.openBatches).toHaveLength(8);
    await scorer.forget('copy-8');
    expect(device.openBatches).toHaveLength(7);

    const requests = [1, 2].map((seed) => ({ detector: copies[0]!, image: image(seed) }));
    device.failNext();
    const expected = await scorer.score(requests);
    expect(device.openBatches).toEqual([2]);
    expect(warnings).toEqual([]);
    device.failNext();
    const halved = await scorer.score(requests);
    expect(device.openBatches).toEqual([1]);
    expect(warnings).toEqual([{ work: 'image tower', backbone: 'lite', batch: 1 }]);
    for (const [index, { score }] of halved.entries()) expect(score).toBeCloseTo(expected[index]!.score, 5);
    device.failNext();
    await expect(scorer.score(requests)).rejects.toBeInstanceOf(OutOfMemoryError);
  });
});

describe('several detectors of one backbone', () => {
  const scorer = new Scorer(towers);
  let first: { id: string; folder: string };
  let second: { id: string; folder: string };

  beforeAll(async () => {
    [first, second] = [await randomDetector(1), await randomDetector(2)];
  });

  test('share a tower pass and still answer each for itself', async () => {
    expect(await scorer.towerKey(first)).toBe(await scorer.towerKey(second));
    const mixed = await scorer.score([
      { detector: first, image: image(1) },
      { detector: second, image: image(1) },
      { detector: first, image: image(2) },
    ]);
    const [alone] = await scorer.score([{ detector: second, image: image(1) }]);
    expect(mixed[1]!.score).toBeCloseTo(alone!.score, 5);
    expect(new Set(mixed.map(({ score }) => score)).size).toBe(3);
    for (const { score, map } of mixed) {
      expect(map.length).toBe(backbone.side ** 2);
      expect(map.every((value) => value >= 0 && value <= 1)).toBe(true);
      expect(score).toBeGreaterThan(0);
      expect(score).toBeLessThan(1);
    }
  });

  test('have a score that is pooled from the map where there is no memory', async () => {
    const detector = await randomDetector(3, { hasMemory: false });
    const [anomaly] = await scorer.score([{ detector, image: image(1) }]);
    const highest = Float32Array.from(anomaly!.map)
      .sort()
      .slice(-Math.round(0.02 * anomaly!.map.length));
    expect(anomaly!.score).toBeCloseTo(highest.reduce((sum, value) => sum + value, 0) / highest.length, 4);
  });

  test('have the tower give memory back when there is none left for their heads', async () => {
    const device = new SmallDevice(16, 'cpu', quickRuntime);
    const warnings: BatchHalved[] = [];
    const small = new Scorer(new Towers(device, { onBatchHalved: (halved) => warnings.push(halved) }));
    const requests = [1, 2].map((seed) => ({ detector: first, image: image(seed) }));
    const expected = await small.score(requests);
    device.failNext();
    expect(await small.score(requests)).toEqual(expected);
    expect(warnings).toEqual([{ work: 'image tower', backbone: 'lite', batch: 4 }]);
    device.failNext();
    await expect(small.score(requests)).rejects.toBeInstanceOf(OutOfMemoryError);
    expect(await small.score(requests)).toEqual(expected);
  });

  test('of many shapes do not all stay loaded: the least recently used ones go, and come back when asked for', async () => {
    const device = new SmallDevice(16, 'cpu', quickRuntime);
    const few = new Towers(device, { mostTowers: 1 });
    const small = new Scorer(few, { mostHeads: 1 });
    const withoutMemory = await randomDetector(4, { hasMemory: false });
    const ask = async (detector: DetectorReference) =>
      (await small.score([{ detector, image: image(1) }])).map(({ score }) => score);
    const expected = [await ask(first), await ask(withoutMemory)];
    while (device.sessions > 2) await new Promise(setImmediate);
    expect([await ask(first), await ask(withoutMemory)]).toEqual(expected);
    const letGo = few.open('lite', taps).retain();
    few.open('lite', taps.slice(0, 1));
    expect(few.open('lite', taps).isRetained).toBe(true);
    letGo();
    await small.release();
    await few.release();
    expect(device.sessions).toBe(0);
  });

  test('export to models that say the same', async () => {
    const [expected] = await scorer.score([{ detector: first, image: image(3) }]);
    await writeExportedModel(first.folder, await readDetector(first.folder), backbone);
    const session = await testRuntime.createSession({ path: path.join(first.folder, exportedModelName) });
    const shape = [1, backbone.side, backbone.side, 3];
    const { score } = await session.run({ pixels: { dtype: 'uint8', shape, data: image(3) } });
    expect(score.data[0]).toBeCloseTo(expected!.score, 5);
  });

  test('are refused when their weights are not those here', async () => {
    const other = { id: 'lite', digest: 'other' };
    expect(() => towers.openFor(other, taps)).toThrow('bring the same weights');
  });
});
