import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type AdaptationOptionsInput, resolveAdaptationOptions } from '@mediclip/contracts';
import { type NormalImage, RandomStream, synthesize } from '@mediclip/synthesis';
import { quickRuntime, temporaryFolder } from '@mediclip/testing';
import { detectorFileNames, readDetector } from '../detector/detector-files.js';
import { openTinyClip } from '../testing/tiny-clip.js';
import { Tower } from '../tower/tower.js';
import { AdaptationRun } from '../training/adaptation-run.js';
import type { SampleSource } from '../training/plan.js';
import { RevisionRun } from './revision-run.js';

const side = 64;
const normal = (index: number): NormalImage => ({
  width: side,
  height: side,
  data: Uint8Array.from({ length: side * side }, (_, pixel) => (pixel * (index + 3)) % 256),
});
const old = [0, 1, 2, 3].map(normal);
const added = [4, 5].map(normal);

let tower: Tower;
let parentFolder: string;
const towers = { openFor: () => tower };
const origin = { pixelDigests: ['a', 'b', 'c', 'd', 'e', 'f'], parentDigest: 'ab'.repeat(32) };

beforeAll(async () => {
  const backbone = openTinyClip();
  tower = new Tower(quickRuntime, backbone, backbone.defaultTaps);
  parentFolder = await adapted(old);
});

/** The folder of a detector that was adapted to these images. */
async function adapted(images: readonly NormalImage[], input: AdaptationOptionsInput = {}): Promise<string> {
  const options = resolveAdaptationOptions({
    shots: images.length,
    training: { epochs: 1, batchSize: 2, heldOutSamples: 0, selection: 'last' },
    scoring: { memoryPatches: 40 },
    ...input,
  });
  const samples: SampleSource = {
    draw: async (requests) =>
      requests.map(({ image, seed, step, sample, purpose }) =>
        synthesize(images[image]!, images, new RandomStream(seed, step, sample, purpose), options.synthesis),
      ),
  };
  const outFolder = path.join(temporaryFolder(), 'out');
  await finish(await AdaptationRun.open({ options, images, workFolder: temporaryFolder(), outFolder }, tower, samples));
  return outFolder;
}

async function revised(images: readonly NormalImage[], parent = parentFolder): Promise<string> {
  const outFolder = path.join(temporaryFolder(), 'out');
  const job = { parentFolder: parent, images, origin, workFolder: temporaryFolder(), outFolder };
  await finish(await RevisionRun.open(job, towers));
  return outFolder;
}

async function finish(run: Pick<AdaptationRun, 'advance' | 'release'>): Promise<void> {
  try {
    while (!(await run.advance()));
  } finally {
    await run.release();
  }
}

const files = (folder: string) =>
  detectorFileNames.map((name) => readFileSync(path.join(folder, name)).toString('hex'));

describe('a revision', () => {
  test('has the memory of an adaptation to old and new normals together, and what its parent has learned', async () => {
    const before = files(parentFolder);
    const folder = await revised([...old, ...added]);
    const [parent, child, together] = await Promise.all(
      [parentFolder, folder, await adapted([...old, ...added])].map(readDetector),
    );
    for (const name of ['memory.bank', 'kinship.moments', 'kinship.layouts', 'kinship.nearest']) {
      expect(child!.tensors.get(name)).toEqual(together!.tensors.get(name));
    }
    expect(child!.tensors.get('memory.bank')).not.toEqual(parent!.tensors.get('memory.bank'));
    // The distances among the normals depend on nothing that was learned.
    expect(child!.tensors.get('memory.scales')!.slice(1, 3)).toEqual(
      together!.tensors.get('memory.scales')!.slice(1, 3),
    );
    for (const [name, data] of parent!.tensors) {
      if (!/^(memory|kinship)\./.test(name)) expect(child!.tensors.get(name)).toEqual(data);
    }
    expect(child!.description).toMatchObject({
      options: parent!.description.options,
      lossHistory: parent!.description.lossHistory,
      kinship: { shots: 6 },
      images: { count: 6, digest: together!.description.images.digest, pixelDigests: origin.pixelDigests },
      revision: { parentDigest: origin.parentDigest, addedImages: 2 },
    });
    expect(files(parentFolder)).toEqual(before);
  });

  test('made again has the same bytes, and can be revised in its turn', async () => {
    const once = await revised([...old, added[0]!]);
    expect(files(await revised([...old, added[0]!]))).toEqual(files(once));
    const bankOf = async (folder: string) => (await readDetector(folder)).tensors.get('memory.bank');
    const twice = await revised([...old, ...added], once);
    expect(await bankOf(twice)).toEqual(await bankOf(await revised([...old, ...added])));
  });

  test('is refused without a memory, and when the old normals are others', async () => {
    const memoryless = await adapted(old, { scoring: { memoryWeight: 0, memoryImageWeight: 0 } });
    await expect(revised([...old, ...added], memoryless)).rejects.toMatchObject({ code: 'no-memory' });
    await expect(revised([...old.toReversed(), ...added])).rejects.toMatchObject({ code: 'normals-differ' });
  });
});
