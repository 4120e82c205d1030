import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fileAt, type LabelledFile, MediclipClient } from '@mediclip/client';
import type { Calibration, Model } from '@mediclip/contracts';
import { findPython, goldenPath, temporaryFolder } from '@mediclip/testing';
import { type EmbeddedServer, startEmbeddedServer } from '../demo/embedded-server.js';
import { exampleImages, onePhraseAState } from '../testing/example-set.js';
import { mediclipEvents } from '../testing/run-mediclip.js';
import { sha256, unzip, withSums, zip } from './testing/exported-files.js';

/** What the examples need of Node lies above this folder: the modules of the product. */
const unpacked = fileURLToPath(
  new URL(`../../../../node_modules/.cache/mediclip/export-${process.pid}`, import.meta.url),
);
const archive = path.join(temporaryFolder(), 'model.zip');
const images = [
  ...exampleImages('test/normal', 1),
  ...exampleImages('test/abnormal', 1),
  ...['rgba.png', 'palette.png', 'exif_rotated.jpg'].map((name) => goldenPath(`preprocess/input/${name}`)),
];
/** Greys of 16 bits. */
const deepImages = ['gray16_12bit.png', 'gray16_full.png'].map((name) => goldenPath(`preprocess/input/${name}`));

let server: EmbeddedServer;
let client: MediclipClient;
let model: Model;
/** The scores of the service, in the order of `images`. */
let scores: number[];
let files: Map<string, Buffer>;

beforeAll(async () => {
  server = await startEmbeddedServer(temporaryFolder());
  client = new MediclipClient({ baseUrl: server.baseUrl });
  const dataset = await client.createDataset({ name: 'Synthetic brain MRI' });
  await client.uploadImages(dataset.id, [
    ...labelled(exampleImages('train/normal', 2), 'train', 'normal'),
    ...labelled(exampleImages('test/normal', 4), 'test', 'normal'),
  ]);
  const { modelId } = await client.waitForResult(
    await client.createAdaptation({
      datasetId: dataset.id,
      name: 'Brain',
      shots: 2,
      prompts: onePhraseAState,
      training: { epochs: 1, batchSize: 1, heldOutSamples: 2 },
    }),
  );
  await client.waitForResult(await client.calibrateModel(modelId, { datasetId: dataset.id, alpha: 0.2 }));
  model = await client.getModel(modelId);
  scores = await scoresOf(client, modelId);
  await client.exportModel(modelId, archive);
  files = await unzip(readFileSync(archive));
  for (const [name, content] of files) {
    mkdirSync(path.dirname(path.join(unpacked, name)), { recursive: true });
    writeFileSync(path.join(unpacked, name), content);
  }
}, 180_000);

afterAll(async () => {
  await server.stop();
  rmSync(unpacked, { recursive: true, force: true });
});

describe('an exported model', () => {
  test('is all that runs it elsewhere, with its card and the digest of every file', () => {
    expect([...files.keys()]).toEqual([
      'detector.onnx',
      'image.safetensors',
      'memory.safetensors',
      'detector.json',
      'detector.safetensors',
      'model.json',
      'model-card.md',
      'examples/score.py',
      'examples/greys.py',
      'examples/score.mjs',
      'examples/greys.mjs',
      'SHA256SUMS',
    ]);
    const sums = [...files]
      .filter(([name]) => name !== 'SHA256SUMS')
      .map(([name, content]) => `${sha256(content)}  ${name}\n`);
    expect(text('SHA256SUMS')).toBe(sums.join(''));
    expect(JSON.parse(text('model.json'))).toEqual(model);
    const card = text('model-card.md');
    const { lineage, digest } = model;
    for (const fact of [lineage.datasetDigest, lineage.backboneDigest, digest, 'Apache-2.0', 'not a medical device']) {
      expect(card).toContain(fact);
    }
    expect(card).toMatch(/\| Normal images adapted on \| 2 \|/);
    expect(card).toMatch(/\| Held-out figures \| .*loss \d\.\d{3} on held-out synthetic anomalies/);
  });

  test('is given another threshold without a server, decides by it, and can be imported with it', async () => {
    const folder = temporaryFolder();
    for (const [name, content] of files) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), content);
    }
    const packed = () => zip(new Map([...files.keys()].map((name) => [name, readFileSync(path.join(folder, name))])));
    const [byAlpha] = await mediclipEvents(['threshold', folder, '--alpha', '0.5']);
    const served = await client.setThreshold(model.id, { alpha: 0.5 });
    expect(byAlpha).toMatchObject({ threshold: served.calibration!.threshold, source: 'calibrated', alpha: 0.5 });
    const imported = await client.importModel(await packed());
    expect(imported.calibration).toEqual(served.calibration);
    await mediclipEvents(['threshold', folder, '--threshold', '0']);
    expect(readFileSync(path.join(folder, 'model-card.md'), 'utf8')).toContain('set by hand, no guarantee');
    const [scored] = await mediclipEvents(['score', folder, images[0]!]);
    expect(scored).toMatchObject({ decision: 'abnormal', thresholdSource: 'manual' });
    const [back] = await mediclipEvents(['threshold', folder, '--calibrated']);
    expect(back).toMatchObject({ threshold: served.calibration!.threshold, source: 'calibrated' });
    await client.setThreshold(model.id, { alpha: 0.2 });
    await client.deleteModel(imported.id);
  }, 180_000);

  test('has the same bytes each time', async () => {
    const again = path.join(temporaryFolder(), 'again.zip');
    await client.exportModel(model.id, again);
    expect(readFileSync(again).equals(readFileSync(archive))).toBe(true);
  });

  test('scores images in Node as the service does, of 16 bits too', async () => {
    await expectScores(run(process.execPath, ['--input-type=module', '--eval', inNode, '--'], 'score.mjs'));
  }, 180_000);

  test('scores images in Python as the service does, of 16 bits too', async () => {
    const python = findPython(['onnxruntime==1.23.2', 'numpy==2.2.6', 'pillow==11.3.0']);
    if (python === null) return;
    await expectScores(run(python, ['-c', inPython], 'score.py'));
  }, 300_000);
});

describe('an import', () => {
  test('on another server scores and decides as the model that was exported', async () => {
    const other = await startEmbeddedServer(temporaryFolder());
    try {
      const elsewhere = new MediclipClient({ baseUrl: other.baseUrl });
      const imported = await elsewhere.importModel(readFileSync(archive));
      expect(imported).toEqual({ ...model, id: imported.id, importedAt: expect.any(String) });
      expect(imported.id).not.toBe(model.id);
      expect(await elsewhere.getModel(imported.id)).toEqual(imported);
      // The last bits of a score depend on the images of its batch, and these on when each was decoded.
      expect(await scoresOf(elsewhere, imported.id)).toEqual(scores.map((score) => expect.closeTo(score, 6)));
      const again = path.join(temporaryFolder(), 'again.zip');
      await elsewhere.exportModel(imported.id, again);
      const sent = await unzip(readFileSync(again));
      expect(sent.get('detector.onnx')!.equals(files.get('detector.onnx')!)).toBe(true);
      await elsewhere.deleteModel(imported.id);
    } finally {
      await other.stop();
    }
  });

  test('of a revision keeps where it comes from', async () => {
    const { datasetId } = model.lineage;
    const files = client.listImages(datasetId, { split: 'test' })[Symbol.asyncIterator]();
    const { value: image } = await files.next();
    const revision = await client.reviseModel(model.id, { datasetId, imageIds: [image!.id] });
    const revised = await client.getModel((await client.waitForResult(revision)).modelId);
    expect(revised.lineage).toMatchObject({ parentModelId: model.id, added: [{ datasetId, imageIds: [image!.id] }] });
    const zipped = path.join(temporaryFolder(), 'revised.zip');
    await client.exportModel(revised.id, zipped);
    expect((await unzip(readFileSync(zipped))).get('model-card.md')!.toString()).toContain(
      `${model.id}; normal images added to the memory by one revision: 1`,
    );
    const imported = await client.importModel(readFileSync(zipped));
    expect(imported).toEqual({ ...revised, id: imported.id, importedAt: expect.any(String) });
    for (const { id } of [imported, revised]) await client.deleteModel(id);
  });

  test.each([
    'detector.onnx',
    'image.safetensors',
    'memory.safetensors',
    'detector.json',
    'detector.safetensors',
    'model.json',
    'model-card.md',
    'examples/score.py',
    'SHA256SUMS',
  ])('is refused when a byte of %s was changed', async (name) => {
    const content = Buffer.from(files.get(name)!);
    content[Math.floor(content.length / 2)]! ^= 1;
    await expect(client.importModel(await zip(new Map(files).set(name, content)))).rejects.toMatchObject({
      slug: 'model-archive-changed',
    });
  });

  test('is refused when a byte was changed on the way', async () => {
    const bytes = readFileSync(archive);
    const at = bytes.indexOf(files.get('detector.safetensors')!.subarray(-64));
    bytes[at]! ^= 1;
    await expect(client.importModel(bytes)).rejects.toMatchObject({ slug: 'model-archive-changed' });
  });

  test('is refused when the detector was changed and its digest with it', async () => {
    const content = Buffer.from(files.get('detector.safetensors')!);
    content[content.length - 1]! ^= 1;
    const forged = withSums(new Map(files).set('detector.safetensors', content));
    await expect(client.importModel(await zip(forged))).rejects.toMatchObject({ slug: 'model-archive-changed' });
  });

  test('is refused when the weights of its backbone are others here', async () => {
    const forged = reforged((description) => ({
      ...description,
      backbone: { ...(description.backbone as object), digest: 'ab'.repeat(32) },
    }));
    await expect(client.importModel(await zip(forged))).rejects.toMatchObject({ slug: 'backbone-weights-differ' });
  });

  test('is refused when its record tells of another detector', async () => {
    const forged = reforged(
      (description) => description,
      (record) => ({
        ...record,
        lineage: { ...(record.lineage as object), backboneDigest: 'ab'.repeat(32) },
      }),
    );
    await expect(client.importModel(await zip(forged))).rejects.toMatchObject({ slug: 'model-archive-invalid' });
  });

  test('leaves nothing when it is refused', async () => {
    const models: string[] = [];
    for await (const { id } of client.listModels()) models.push(id);
    expect(models).toEqual([model.id]);
  });
});

function labelled(paths: readonly string[], split: LabelledFile['split'], label: LabelledFile['label']) {
  return paths.map((file): LabelledFile => ({ ...fileAt(file), split, label }));
}

async function scoresOf(from: MediclipClient, modelId: string): Promise<number[]> {
  const { results } = await from.scoreImages(modelId, images.map(fileAt));
  const { threshold } = (await from.getModel(modelId)).calibration as Calibration;
  return results.map((result) => {
    if (result.outcome !== 'scored') throw new Error(result.error.detail);
    expect(result.decision).toBe(result.score > threshold ? 'abnormal' : 'normal');
    expect(result.pValue).toBeGreaterThan(0);
    return result.score;
  });
}

/** Runs the program that is the first argument once for each of the others, which loads what it needs only once. */
const inNode = `
const [, program, ...images] = process.argv;
for (const [index, image] of images.entries()) {
  process.argv = [process.execPath, program, image];
  await import(\`file://\${program}?\${index}\`);
}`;
const inPython = `
import os, runpy, sys
_, program, *images = sys.argv
sys.path.insert(0, os.path.dirname(program))
for image in images:
    sys.argv = [program, image]
    runpy.run_path(program, run_name="__main__")
`;

/** What an exported example prints for each of the images and the deep images. */
function run(command: string, args: readonly string[], example: string): number[] {
  const program = path.join(unpacked, 'examples', example);
  const { status, stdout, stderr } = spawnSync(command, [...args, program, ...images, ...deepImages], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim().split('\n').map(Number);
}

async function expectScores(found: readonly number[]): Promise<void> {
  const served = await client.scoreImages(model.id, deepImages.map(fileAt));
  const deep = served.results.map((result) => (result.outcome === 'scored' ? result.score : Number.NaN));
  const expected = [...scores, ...deep];
  expect(found).toHaveLength(expected.length);
  for (const [index, score] of found.entries()) {
    expect([index, Math.abs(score - expected[index]!) < (index < scores.length ? 1e-4 : 5e-5)]).toEqual([index, true]);
  }
}

function text(name: string): string {
  return files.get(name)!.toString('utf8');
}

type Json = Record<string, unknown>;

/** An archive whose every digest fits, though the detector's description and the model's record were changed. */
function reforged(changeDetector: (description: Json) => Json, changeRecord = (record: Json): Json => record) {
  const description = Buffer.from(JSON.stringify(changeDetector(JSON.parse(text('detector.json')) as Json)));
  const own = {
    'detector.json': sha256(description),
    'detector.safetensors': sha256(files.get('detector.safetensors')!),
  };
  const digest = sha256(
    Buffer.from(
      Object.entries(own)
        .map(([name, sum]) => `${name} ${sum}\n`)
        .join(''),
    ),
  );
  const record = Buffer.from(JSON.stringify(changeRecord({ ...(JSON.parse(text('model.json')) as Json), digest })));
  return withSums(new Map(files).set('detector.json', description).set('model.json', record));
}
