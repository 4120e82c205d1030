import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeImage, testImage } from '@mediclip/imaging/direct';
import { type NormalImage, RandomStream } from '@mediclip/synthesis';
import { temporaryFolder, testRuntime } from '@mediclip/testing';
import { describeKinds } from '../kinship/describe-kinds.js';
import { kinshipOf, kinshipTensors } from '../kinship/kinship.js';
import type { KindDescription } from '../kinship/likeness.js';
import { findOutliers } from '../kinship/outliers.js';
import { relatives } from '../shots/relatives.js';
import { Towers } from '../tower/towers.js';
import { InspectionRun, readNormalsFound } from './inspection-run.js';

const side = 224;
const examples = fileURLToPath(new URL('../../../../examples/brain-mri/', import.meta.url));
const taps = [4, 10, 15, 22, 30];
const towers = new Towers(testRuntime);

async function pictures(folder: string, most: number): Promise<NormalImage[]> {
  const names = readdirSync(path.join(examples, folder)).sort().slice(0, most);
  return Promise.all(
    names.map(async (name) => testImage(await decodeImage(readFileSync(path.join(examples, folder, name))), side)),
  );
}

const negative = ({ data, ...size }: NormalImage): NormalImage => ({ ...size, data: data.map((value) => 255 - value) });

/** RGB bytes that a function of column, row and chance makes. */
function drawn(seed: number, grey: (x: number, y: number, random: RandomStream) => number): NormalImage {
  const random = new RandomStream(seed, 0, 0);
  const data = new Uint8Array(side * side * 3);
  for (let pixel = 0; pixel < side * side; pixel++) {
    data.fill(grey(pixel % side, Math.floor(pixel / side), random), 3 * pixel, 3 * pixel + 3);
  }
  return { width: side, height: side, data };
}

/** Pictures that are no brains: noise, a gradient, stripes, an empty one. */
const strangers = [
  drawn(1, (_x, _y, random) => random.integer(0, 256)),
  drawn(2, (x, y) => (x + y) / 2),
  drawn(3, (x) => (x % 32 < 16 ? 220 : 40)),
  drawn(4, () => 90),
];

let normals: NormalImage[];
let known: KindDescription[];
let tests: KindDescription[];
let inverted: KindDescription[];
let strange: KindDescription[];

async function described(images: readonly NormalImage[]): Promise<KindDescription[]> {
  const kinds: KindDescription[] = [];
  for await (const kind of describeKinds(towers.open('lite', taps), images)) kinds.push(kind);
  return kinds;
}

beforeAll(async () => {
  normals = await pictures('train/normal', 16);
  known = await described(normals);
  tests = await described([...(await pictures('test/normal', 4)), ...(await pictures('test/abnormal', 4))]);
  inverted = await described(normals.slice(0, 4).map(negative));
  strange = await described(strangers);
});

afterAll(() => towers.release());

describe('of the bundled examples', () => {
  test('one stranger among 16 is named in 100 of 100 draws, at most one image in 100 is named that belongs', () => {
    const all = [...known, ...tests.slice(0, 4)];
    const alone = Array.from({ length: 16 }, (_, index) => new Set([index]));
    let named = 0;
    let wrongly = 0;
    for (let seed = 0; seed < 100; seed++) {
      const random = new RandomStream(seed, 0, 0);
      const images = random.shuffle([...all]).slice(0, 16);
      const place = random.integer(0, 16);
      images[place] = [...strange, ...inverted][seed % 8]!;
      const { outliers } = findOutliers(images, alone);
      named += outliers.filter(({ index }) => index === place).length;
      wrongly += outliers.filter(({ index }) => index !== place).length;
    }
    expect(named).toBeGreaterThanOrEqual(95);
    expect(wrongly).toBeLessThanOrEqual(15);
  });

  test('other brains are kin, ill or not, and strangers and negatives are foreign', () => {
    const tensors = kinshipTensors(known, relatives(normals));
    const foreign = (kinds: readonly KindDescription[]) => kinds.map((kind) => kinshipOf(tensors, kind)?.foreign);
    expect(foreign(tests)).toEqual(Array(8).fill(undefined));
    expect(foreign(strange)).toEqual(Array(4).fill('other-kind'));
    for (const why of foreign(inverted)) expect(why).toBeDefined();
  });
});

describe('an inspection', () => {
  test('advances image by image and leaves what it found', async () => {
    const outFolder = path.join(temporaryFolder(), 'inspection');
    const images = [...normals.slice(0, 5), strangers[0]!];
    const run = InspectionRun.open({ kind: 'inspection', options: { backbone: 'lite' }, images, outFolder }, towers);
    const seen: number[] = [];
    while (!(await run.advance())) seen.push(run.progress.done);
    await run.release();
    expect([...new Set(seen)]).toEqual([1, 2, 3, 4, 5, 6]);
    const { gainOfMore, ...found } = await readNormalsFound(outFolder);
    expect(found).toEqual({ outliers: [{ index: 5, kind: 'other-kind' }], isMixed: false });
    // Of five images, of which the nearest of four and the nearest of two are known.
    expect(gainOfMore).toBeGreaterThan(0.02);
    expect(gainOfMore).toBeLessThan(0.4);
  });
});
