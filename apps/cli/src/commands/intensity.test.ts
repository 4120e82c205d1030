import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { decodeImage } from '@mediclip/imaging/direct';
import { temporaryFolder } from '@mediclip/testing';
import { folderWith } from '../testing/example-set.js';
import { picturePng } from '../testing/png.js';
import { mediclipEvents } from '../testing/run-mediclip.js';
import { ctFile, ctSide, ctSlice } from '../testing/synthetic-ct.js';

const quick = {
  shots: 6,
  training: { epochs: 1, heldOutSamples: 0, selection: 'last' },
  scoring: { memoryPatches: 256 },
};
const parts = [
  ['train/normal', 6],
  ['test/normal', 10],
  ['test/abnormal', 10],
] as const;

const deep: Record<string, Uint8Array> = {};
const eight: Record<string, Uint8Array> = {};
const folder = temporaryFolder();
const options = path.join(folderWith({ 'options.json': JSON.stringify(quick) }), 'options.json');

beforeAll(async () => {
  let seed = 0;
  for (const [part, count] of parts) {
    for (let i = 0; i < count; i++) {
      const file = ctFile(ctSlice(++seed, part === 'test/abnormal'));
      deep[`${part}/${i}.dcm`] = file;
      // As every version before kept it: 8 bits over the range of the file.
      eight[`${part}/${i}.png`] = picturePng(ctSide, ctSide, (await decodeImage(file)).data);
    }
  }
});

/**
 * A detector of a folder with these files, how it sees deep greys, its image AUROC, and its scores of `others`: all
 * scored at once, for every command starts an engine.
 */
async function measured(files: Readonly<Record<string, Uint8Array>>, name: string, others: readonly string[] = []) {
  const data = folderWith(files);
  const model = path.join(folder, name);
  const adapted = await mediclipEvents(['adapt', data, '--options', options, '--out', model]);
  const filesOf = (part: string) => readdirSync(path.join(data, part)).map((file) => path.join(data, part, file));
  const [normals, abnormals] = [filesOf('test/normal'), filesOf('test/abnormal')];
  const scored = await mediclipEvents(['score', model, ...normals, ...abnormals, ...others]);
  const scores = new Map(scored.map(({ file, score }) => [file, score as number]));
  const of = (wanted: readonly string[]) => wanted.map((file) => scores.get(file)!);
  const normal = of(normals);
  const higher = of(abnormals).flatMap((score) =>
    normal.map((other) => (score > other ? 1 : score === other ? 0.5 : 0)),
  );
  const auroc = higher.reduce((sum: number, one) => sum + one, 0) / higher.length;
  const intensity = adapted.find(({ event }) => event === 'intensity')?.intensity;
  return { model, auroc, intensity, others: of(others) };
}

test('lesions of 30 HU are found through the window that the shots choose, and not in 8 bits of the whole range', async () => {
  const slice = ctSlice(99, true);
  const stored = folderWith({ 'one.dcm': ctFile(slice), 'other.dcm': ctFile(slice, { slope: 0.5, intercept: -100 }) });
  const twice = ['one.dcm', 'other.dcm'].map((name) => path.join(stored, name));
  const byValues = await measured(deep, 'deep', twice);
  expect(byValues.intensity).toMatchObject({ kind: 'window', unit: 'HU' });
  const described = JSON.parse(readFileSync(path.join(byValues.model, 'detector.json'), 'utf8'));
  expect(described.intensity).toEqual(byValues.intensity);
  const [one, other] = byValues.others as [number, number];
  expect(Math.abs(one - other)).toBeLessThan(1e-4);

  const byRange = await measured(eight, 'eight');
  expect(byRange.intensity).toBeUndefined();
  expect(byValues.auroc - byRange.auroc).toBeGreaterThanOrEqual(0.1);
});
