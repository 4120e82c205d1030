import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import type { InspectionJob } from '@mediclip/adaptation';
import { exampleImages } from '../testing/example-set.js';
import { inspectFolder } from './inspect-folder.js';

const files = exampleImages('train/normal', 4);
const folder = path.dirname(files[0]!);
const normals = files.map((file) => ({ fileName: path.basename(file) }));
const task = { output: { event() {}, remark() {}, line() {} }, signal: new AbortController().signal } as never;

test('normal images of a folder are inspected as they are scored, once each, and from four on', async () => {
  const inspected: number[] = [];
  const engine = {
    async inspect({ images, outFolder }: InspectionJob) {
      inspected.push(images.length);
      mkdirSync(outFolder, { recursive: true });
      const found = { outliers: [{ index: 2, kind: 'other-kind' }], isMixed: false, gainOfMore: 0.1 };
      writeFileSync(path.join(outFolder, 'normals.json'), JSON.stringify(found));
    },
  };
  const found = await inspectFolder(folder, [...normals, normals[0]!], engine, task, {});
  expect(found).toMatchObject({ outliers: [{ index: 2 }], gainOfMore: 0.1 });
  const looked = found.looked.map(({ fileName }) => fileName);
  expect(looked.sort()).toEqual(normals.map(({ fileName }) => fileName));
  expect(found.advice).toContain('8 more normal images would probably help');
  const few = await inspectFolder(folder, normals.slice(0, 3), engine, task, {});
  expect(few).toMatchObject({ looked: [], outliers: [], advice: expect.stringContaining('from 4 on') });
  expect(inspected).toEqual([4]);
});
