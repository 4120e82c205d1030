import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from '../usage-error.js';
import type { DataFolder } from './data-files.js';
import { imageFiles } from './image-files.js';
import { readSampleLists } from './sample-lists.js';

/**
 * Reads what a folder holds, in one of three layouts: `train/normal`, `test/normal`, `test/abnormal` and `masks/<name>.png`; the
 * paper's `images/` with `samples/{train,test}.json`; or just images, which all count as normal training images.
 * Throws a UsageError when it is none of them.
 */
export async function readDataFolder(folder: string): Promise<DataFolder> {
  if (!existsSync(folder)) throw new UsageError(`There is no folder ${folder}: name a folder of images.`);
  if (!statSync(folder).isDirectory()) throw new UsageError(`${folder} is no folder: name a folder of images.`);
  if (existsSync(path.join(folder, 'samples'))) return readSampleLists(folder);
  if (['train', 'test'].some((part) => existsSync(path.join(folder, part)))) return readPlainLayout(folder);
  const trainNormal = await imageFiles(folder);
  if (trainNormal.length === 0) {
    throw new UsageError(
      `${folder} holds no images: put normal images into it, or into its train/normal folder, or name another.`,
    );
  }
  return { trainNormal, test: [] };
}

async function readPlainLayout(folder: string): Promise<DataFolder> {
  const at = (...parts: string[]) => imageFiles(path.join(folder, ...parts));
  const masks = new Map((await at('masks')).map((file) => [path.parse(file).name, file]));
  const normal = (await at('test', 'normal')).map((file) => ({ file, abnormal: false }));
  const abnormal = (await at('test', 'abnormal')).map((file) => {
    const mask = masks.get(path.parse(file).name);
    return { file, abnormal: true, ...(mask !== undefined && { mask }) };
  });
  return { trainNormal: await at('train', 'normal'), test: [...normal, ...abnormal] };
}
