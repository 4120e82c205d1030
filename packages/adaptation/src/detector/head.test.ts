import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Backbone } from '@mediclip/backbones';
import { resolveAdaptationOptions } from '@mediclip/contracts';
import { decodeImage, testImage } from '@mediclip/imaging/direct';
import { expectClose, goldenJson, goldenPath, temporaryFolder, testRuntime } from '@mediclip/testing';
import { goldenTensors, openTinyClip } from '../testing/tiny-clip.js';
import { Tower } from '../tower/tower.js';
import { Trainer } from '../training/trainer.js';
import { type Detector, detectorShape, readDetector, writeDetector } from './detector-files.js';
import { exportedModelName, writeExportedModel } from './export.js';
import { Head } from './head.js';

const { scores } = goldenJson<{ scores: Record<string, number> }>('training/end_to_end.json');
const maps = goldenTensors('training/end_to_end.safetensors');
const side = 64;

let backbone: Backbone;
let tower: Tower;

beforeAll(() => {
  backbone = openTinyClip();
  tower = new Tower(testRuntime, backbone, backbone.defaultTaps);
});

async function pixelsOf(name: string): Promise<Uint8Array> {
  return testImage(await decodeImage(readFileSync(goldenPath(`preprocess/input/${name}`))), side).data;
}

/** The detector that the start values of golden case A make, read back from its files. */
async function startDetector(promptAttention: 'full' | 'causal', folder: string): Promise<Detector> {
  const parameters = goldenTensors('training/A.init.safetensors');
  const options = resolveAdaptationOptions({ promptAttention, preset: 'paper' });
  const { taps } = tower;
  const artifacts = { ...options, taps, batchSize: 1, evaluationBatchSize: 1 };
  const trainer = await Trainer.open(testRuntime, backbone, artifacts, temporaryFolder());
  await writeDetector(folder, {
    shape: { backbone, taps, scoring: options.scoring },
    tensors: new Map([...parameters, ['states', await trainer.states(parameters)]]),
    options,
    images: { count: 1, digest: 'sha256:0' },
    lossHistory: [],
    selectedEpoch: 1,
  });
  await trainer.release();
  return readDetector(folder);
}

describe.each(['full', 'causal'] as const)('with %s attention, from file to map and score', (promptAttention) => {
  const folder = temporaryFolder();
  let detector: Detector;

  beforeAll(async () => {
    detector = await startDetector(promptAttention, folder);
  });

  test.each(['rgb.png', 'gray8.png'])("%s equals the authors' implementation", async (name) => {
    const head = new Head(testRuntime, detectorShape(detector, backbone));
    const [features] = await tower.features([await pixelsOf(name)]);
    const [judged] = await head.run([{ features: features!, tensors: detector.tensors }]);
    const { score, map } = judged!;
    expect(Math.abs(score - scores[`${promptAttention}.${name}`]!)).toBeLessThan(1e-5);
    const expected = maps.get(`${promptAttention}.${name}.map`);
    if (expected) expectClose(map, expected, 1e-5);
  });

  test('the exported model says the same on its own', async () => {
    await writeExportedModel(folder, detector, backbone);
    const session = await testRuntime.createSession({ path: path.join(folder, exportedModelName) });
    const pixels = { dtype: 'uint8', shape: [1, side, side, 3], data: await pixelsOf('rgb.png') };
    const { score } = await session.run({ pixels });
    expect(Math.abs(score.data[0] - scores[`${promptAttention}.rgb.png`]!)).toBeLessThan(1e-5);
  });
});

test('a folder without a detector, and a damaged one, are named', async () => {
  const folder = temporaryFolder();
  await expect(readDetector(folder)).rejects.toThrow('holds no detector');
  await startDetector('causal', folder);
  const file = path.join(folder, 'detector.safetensors');
  await writeFile(file, (await readFile(file)).subarray(0, 1000));
  await expect(readDetector(folder)).rejects.toMatchObject({ code: 'corrupt-detector' });
});
