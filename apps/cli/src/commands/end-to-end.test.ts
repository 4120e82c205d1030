import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { readNpy } from '@mediclip/maps';
import { temporaryFolder } from '@mediclip/testing';
import {
  digestsIn,
  exampleFolder,
  exampleImages,
  folderWith,
  imagesFolder,
  quickOptions,
} from '../testing/example-set.js';
import { greyPng } from '../testing/png.js';
import { type JsonEvent, mediclip, mediclipEvents } from '../testing/run-mediclip.js';

jest.setTimeout(180_000);

const options = ['--options', quickOptions(1)];
const model = path.join(temporaryFolder(), 'brain');
const read = (file: string) => readFileSync(file);
let adapted: JsonEvent[];

beforeAll(async () => {
  adapted = await mediclipEvents(['adapt', path.join(exampleFolder, 'train/normal'), '--out', model, ...options]);
});

describe('adapt', () => {
  test('says what it does, every step once and in order, and where the detector is', () => {
    expect(adapted[0]).toMatchObject({ event: 'found' });
    expect(adapted[1]).toMatchObject({ event: 'started', provider: 'cpu', shots: 3, options: { backbone: 'lite' } });
    expect(adapted.at(-1)).toMatchObject({ event: 'adapted', model });
    const phases = ['preparing', 'training', 'finishing'];
    const steps = adapted.filter(({ event }) => event === 'progress') as (JsonEvent & Record<string, number>)[];
    expect(adapted).toHaveLength(steps.length + 3);
    const ranks = steps.map(({ phase, done }) => phases.indexOf(String(phase)) * 1000 + done!);
    expect(ranks).toEqual([...new Set(ranks)].sort((a, b) => a - b));
    const training = steps.filter(({ phase }) => String(phase) === 'training');
    expect(training.map(({ done }) => done)).toEqual([1, 2, 3]);
    for (const { loss, total } of training) {
      expect(loss).toBeGreaterThan(0);
      expect(total).toBe(3);
    }
  });

  test('leaves a detector and nothing else', () => {
    expect(readdirSync(model)).toEqual([
      'detector.json',
      'detector.onnx',
      'detector.safetensors',
      'image.safetensors',
      'memory.safetensors',
    ]);
    expect(readdirSync(path.dirname(model))).toEqual(['brain']);
  });

  test("makes the same detector of the same images in folders, in another's place when told to", async () => {
    const out = path.join(temporaryFolder(), 'other');
    cpSync(model, out, { recursive: true });
    writeFileSync(path.join(out, 'detector.safetensors'), 'of another');
    const { end, stdout, stderr } = await mediclip(['adapt', exampleFolder, '--out', out, '--overwrite', ...options]);
    expect(end).toBe(0);
    expect(digestsIn(out)).toEqual(digestsIn(model));
    expect(existsSync(`${out}.partial`)).toBe(false);
    expect(stdout).toMatch(/^The detector is in \S+ \(\d+\.?\d* s\)\. Try: mediclip score \S+ IMAGE\n$/);
    expect(stderr).toMatch(
      /^The layout in folders: \d+ training images, .* 16 masks, 2 other files left out\.\nLeft out: LICENSE/,
    );
    expect(stderr).toMatch(/\nAdapting to 3 normal images on cpu with lite\.\npreparing /);
    expect(stderr).toMatch(/\ntraining 3\/3 loss \d\.\d{4}, [\d.]+ steps\/s, 0 s left\n/);
  });
});

describe('revise', () => {
  test('makes a detector that knows more normals, of one that stays as it is', async () => {
    const before = digestsIn(model);
    const added = exampleImages('test/normal', 2);
    const out = path.join(temporaryFolder(), 'revised');
    const known = path.join(exampleFolder, 'train/normal');
    const events = await mediclipEvents(['revise', model, imagesFolder(added), '--known', known, '--out', out]);
    expect(events.at(-1)).toMatchObject({
      event: 'revised',
      model: out,
      added: [expect.any(String), expect.any(String)],
    });
    const description = (folder: string) => JSON.parse(read(path.join(folder, 'detector.json')).toString());
    expect(description(out)).toMatchObject({ images: { count: 5 }, revision: { addedImages: 2 } });
    expect(description(out).lossHistory).toEqual(description(model).lossHistory);
    expect(digestsIn(model)).toEqual(before);
    const missing = await mediclip(['revise', model, imagesFolder(added), '--out', `${out}-2`]);
    expect(missing).toMatchObject({ end: 1, stderr: expect.stringContaining('--known') });
  });
});

describe('score', () => {
  const images = [...exampleImages('test/normal', 2), ...exampleImages('test/abnormal', 2)];

  test('gives a score per image, and maps', async () => {
    const maps = path.join(temporaryFolder(), 'maps');
    const events = await mediclipEvents(['score', model, ...images, '--maps', maps, '--raw']);
    expect(events.map(({ file }) => file).sort()).toEqual([...images].sort());
    for (const { score, file } of events) {
      expect(score).toEqual(expect.any(Number));
      const { name } = path.parse(String(file));
      expect(
        read(path.join(maps, `${name}.png`))
          .subarray(1, 4)
          .toString(),
      ).toBe('PNG');
      const { shape, data } = readNpy(read(path.join(maps, `${name}.npy`)));
      expect(shape).toEqual([224, 224]);
      expect(data.every(Number.isFinite)).toBe(true);
    }
    expect(readdirSync(maps)).toHaveLength(2 * images.length);
  });

  test('scores the good ones among bad files, and says which are bad', async () => {
    const folder = folderWith({ 'bad.png': 'no image' });
    const bad = path.join(folder, 'bad.png');
    const { end, stdout, stderr } = await mediclip(['score', model, bad, images[0]!]);
    expect(end).toBe(1);
    expect(stdout).toMatch(new RegExp(`^\\d\\.\\d{4}  ${images[0]}\n$`));
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(`^${bad}: `),
      'mediclip: 1 of 2 files could not be scored: see above.',
      '',
    ]);
  });
});

describe('audit', () => {
  test('names copies across training and test, and lists all in JSON', async () => {
    const [normal, abnormal] = [exampleImages('test/normal', 4), exampleImages('test/abnormal', 4)];
    const into = (place: string, files: readonly string[]) =>
      files.map((file) => [`${place}/${path.basename(file)}`, read(file)]);
    const folder = folderWith(
      Object.fromEntries([
        ...into('train/normal', [...exampleImages('train/normal', 3), normal[0]!]),
        ...into('test/normal', normal),
        ...into('test/abnormal', abnormal),
      ]),
    );
    const events = await mediclipEvents(['audit', folder]);
    expect(events.at(-1)).toMatchObject({
      event: 'audited',
      images: 12,
      warnings: expect.arrayContaining([expect.objectContaining({ kind: 'copies-across-splits' })]),
      copies: { images: 1, testInTraining: 1, groups: [{ kind: 'equal-bytes' }] },
      normals: { available: 4, inspected: 4, outliers: [], advice: expect.stringContaining('8 more normal images') },
    });
  });
});

describe('evaluate', () => {
  const normal = exampleImages('test/normal', 4);
  const abnormal = exampleImages('test/abnormal', 4);
  const masks = exampleImages('masks', 4);
  const named = (folder: string, files: string[]) =>
    Object.fromEntries(files.map((file) => [`${folder}/${path.basename(file)}`, read(file)]));
  const plain = folderWith({
    ...named('test/normal', normal),
    ...named('test/abnormal', abnormal),
    ...named('masks', masks),
  });

  test('measures images and pixels, in both layouts alike', async () => {
    const [layouts, papers] = [plain, paperLayout(normal, abnormal, masks)];
    const events = await mediclipEvents(['evaluate', model, layouts]);
    expect(events[0]).toMatchObject({
      event: 'found',
      found: 'The layout in folders: 0 training images, 4 normal and 4 abnormal test images, 4 masks.',
    });
    const steps = events.filter(({ event }) => event === 'progress');
    const ofPhase = (phase: string) => steps.flatMap((step) => (step.phase === phase ? [step.done] : []));
    expect(ofPhase('scoring')).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(ofPhase('auditing')).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const figure = { defined: true, value: expect.any(Number) };
    expect(events.at(-1)).toMatchObject({
      event: 'evaluated',
      images: { normalImages: 4, abnormalImages: 4, auroc: figure, averagePrecision: figure, f1Max: figure },
      pixels: { auroc: figure, averagePrecision: figure },
      masks: 4,
      leftOut: 0,
      audit: { warnings: expect.any(Array), bestCue: { modelAuroc: figure } },
    });
    expect((await mediclipEvents(['evaluate', model, papers])).at(-1)).toEqual(events.at(-1));
  });

  test('shows people a table, leaves out what cannot be used, and says it; other figures stay', async () => {
    const stem = (file: string) => path.parse(file).name;
    const [first, second] = abnormal.map(stem);
    const without = folderWith({
      ...named('test/normal', normal),
      ...named('test/abnormal', abnormal),
      'test/abnormal/damaged.png': read(abnormal[0]!).subarray(0, 500),
      'test/normal/none.png': 'no image',
      ...named('masks', masks.slice(2)),
      [`masks/${first}.png`]: greyPng(8, 8),
      'masks/nobody.png': read(masks[0]!),
    });
    const { end, stdout, stderr } = await mediclip(['evaluate', model, without]);
    expect(end).toBe(0);
    expect(stdout).toMatch(/^images: 4 normal, 3 abnormal\nimage AUROC +\d\.\d{4} .*interval/);
    expect(stdout).toMatch(
      /\npixel AUROC +\d\.\d{4}.*\n.*\nmasks: 2 of 3 abnormal images\nleft out: 3, see above\nbest trivial cue /,
    );
    expect(second).toBeDefined();
    for (const said of [
      /damaged\.png: The /,
      /none\.png: /,
      /and its mask 8 x 8\./,
      /nobody\.png\. No abnormal image has/,
    ]) {
      expect(stderr).toMatch(said);
    }
  });

  test('ends with a fault when nothing is left', async () => {
    const { end, stdout, stderr } = await mediclip([
      'evaluate',
      model,
      folderWith({ 'test/normal/a.png': 'no image' }),
    ]);
    expect({ end, stdout }).toEqual({ end: 1, stdout: '' });
    expect(stderr).toMatch(/mediclip: None of the 1 test images could be used: see above\.\n$/);
  });

  test('a folder of normal images alone has none to test on', async () => {
    const { end, stderr } = await mediclip(['evaluate', model, imagesFolder(normal)]);
    expect(end).toBe(1);
    expect(stderr).toMatch(/^mediclip: \S+ has no test images: add test\/normal and test\/abnormal\.\n$/);
  });
});

/** The paper's layout: `images/` and lists of samples. */
function paperLayout(normal: string[], abnormal: string[], masks: string[]): string {
  const files: Record<string, Uint8Array | string> = {};
  const put = (name: string, file: string) => {
    files[`images/${name}`] = read(file);
    return name;
  };
  const sample = (part: string, label: number, mask?: string) => (file: string, index: number) => ({
    filename: put(`${part}/${path.basename(file)}`, file),
    label,
    clsname: 'brain',
    ...(mask && { mask: put(`masks/${path.basename(masks[index]!)}`, masks[index]!) }),
  });
  const lines = (samples: object[]) => samples.map((line) => `${JSON.stringify(line)}\n`).join('');
  const test = [...abnormal.map(sample('test/abnormal', 1, 'masks')), ...normal.map(sample('test/normal', 0))];
  return folderWith({ ...files, 'samples/test.json': lines(test) });
}
