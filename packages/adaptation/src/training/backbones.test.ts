import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Backbone, openBackbone } from '@mediclip/backbones';
import { resolveAdaptationOptions } from '@mediclip/contracts';
import { type NormalImage, RandomStream, synthesize } from '@mediclip/synthesis';
import { quickRuntime, temporaryFolder, testRuntime } from '@mediclip/testing';
import { detectorShape, readDetector } from '../detector/detector-files.js';
import { detectorTaps } from '../detector/detector-shape.js';
import { exportedModelName, writeExportedModel } from '../detector/export.js';
import { Head } from '../detector/head.js';
import { openTinyClip, openTinyResNet } from '../testing/tiny-clip.js';
import { Tower } from '../tower/tower.js';
import { AdaptationRun } from './adaptation-run.js';

/** Adapts for one epoch on smooth images of the backbone's side; the detector's folder. */
async function adapt(tower: Tower): Promise<string> {
  const { side } = tower.backbone;
  const images: NormalImage[] = Array.from({ length: 3 }, (_, shot) => ({
    width: side,
    height: side,
    data: Uint8Array.from({ length: side * side }, (_, i) => 90 + 40 * Math.sin((i % side) / (shot + 9))),
  }));
  const folder = temporaryFolder();
  const training = { epochs: 1, batchSize: 3, heldOutSamples: 2 };
  const job = {
    options: resolveAdaptationOptions({ shots: 3, training }),
    images,
    workFolder: path.join(folder, 'work'),
    outFolder: path.join(folder, 'out'),
  };
  const run = await AdaptationRun.open(job, tower, {
    draw: async (requests) =>
      requests.map(({ image, seed, step, sample, purpose }) =>
        synthesize(images[image]!, images, new RandomStream(seed, step, sample, purpose), job.options.synthesis),
      ),
  });
  while (!(await run.advance()));
  await run.release();
  return job.outFolder;
}

describe('from images to an exported detector', () => {
  test.each<[string, Backbone, number[]]>([
    ["CLIP's ResNet, four stages of different grids", openTinyResNet(), [16, 8, 4, 2]],
    ["CLIP's ResNet at another input size than its weights'", openTinyResNet(96), [24, 12, 6, 3]],
    ["CLIP's vision transformer at another input size", openTinyClip(96), [6, 6, 6]],
    ['lite, whose memory has a tower of its own', openBackbone('lite'), [28, 14, 7]],
  ])('%s', async (_, backbone, grids) => {
    expect(backbone.defaultTaps.map((tap) => backbone.tapShape(tap).grid)).toEqual(grids);
    const tower = new Tower(quickRuntime, backbone, backbone.defaultTaps);
    const folder = await adapt(tower);
    const detector = await readDetector(folder);
    for (const { loss, heldOutLoss } of detector.description.lossHistory) {
      expect(loss).toBeGreaterThan(0);
      expect(heldOutLoss).toBeGreaterThan(0);
    }
    const memoryTaps = backbone.memoryTaps ?? backbone.defaultTaps.slice(0, -1);
    const placements = 1 + 4;
    const patches = Math.min(detector.description.options.scoring.memoryPatches, 3 * placements * grids[0]! ** 2);
    expect(detector.description.memory).toEqual({ taps: memoryTaps, patches });

    const { side } = backbone;
    const random = new RandomStream(1, 0, 0);
    const image = Uint8Array.from({ length: side * side * 3 }, () => random.integer(0, 256));
    const head = new Head(quickRuntime, detectorShape(detector, backbone));
    const [features] = await tower.at(detectorTaps(detector.description)).features([image]);
    const [judged] = await head.run([{ features: features!, tensors: detector.tensors }]);
    const { score, map } = judged!;
    expect(map.length).toBe(side * side);

    await writeExportedModel(folder, detector, backbone);
    const session = await testRuntime.createSession({ path: path.join(folder, exportedModelName) });
    const exported = await session.run({ pixels: { dtype: 'uint8', shape: [1, side, side, 3], data: image } });
    expect(exported.score.data[0]).toBeCloseTo(score, 4);
  });
});
