import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { chooseShots } from '@mediclip/adaptation';
import { exampleImages, folderWith } from '../testing/example-set.js';
import { greyPng } from '../testing/png.js';
import type { DataFolder } from './data-files.js';
import { loadShots } from './load-shots.js';

const side = 32;
const count = 12;
const options = { shots: 4, seed: 3, preset: 'default' } as const;
const chosen = chooseShots(count, options.shots, options.seed);
const name = (index: number) => `${String(index).padStart(2, '0')}.png`;

/** A folder of images, and of files that are none. */
function folder(isImage: (index: number) => boolean): string {
  const indices = [...Array(count).keys()];
  const bytes = (index: number) => (isImage(index) ? greyPng(side, side) : 'no image');
  return folderWith(Object.fromEntries(indices.map((index) => [name(index), bytes(index)])));
}

describe('the shots of a folder', () => {
  test('are what the seed chooses among all its images', async () => {
    const examples = path.dirname(exampleImages('train/normal', 1)[0]!);
    const all = await loadShots(
      examples,
      { shots: exampleImages('train/normal', 1000).length, seed: 0, preset: 'default' },
      side,
    );
    const indices = chooseShots(all.length, options.shots, options.seed);
    expect(await loadShots(examples, options, side)).toEqual(indices.map((index) => all[index]));
  });

  test('are all that is read', async () => {
    const images = await loadShots(
      folder((index) => chosen.includes(index)),
      options,
      side,
    );
    expect(images.map(({ width, height }) => [width, height])).toEqual(Array(options.shots).fill([side, side]));
  });

  test('that cannot be used are left out and said, and the seed chooses among the others', async () => {
    const broken = [chosen[2]!, chosen[0]!].sort();
    const place = folder((index) => !broken.includes(index));
    const said: string[] = [];
    const images = await loadShots(place, options, side, {
      leftOut: (file, message) => said.push(`${path.basename(file)} ${message}`),
    });
    expect(images).toHaveLength(options.shots);
    expect(said.sort()).toEqual(broken.map((index) => expect.stringMatching(`^${name(index)} .*${name(index)}: The `)));
  });

  test('are named when they cannot be used and too few others are left', async () => {
    const broken = chosen[2]!;
    const place = folder((index) => index !== broken);
    await expect(loadShots(place, { ...options, shots: count }, side)).rejects.toThrow(`${name(broken)}: `);
  });

  test('come from any layout, without side files and abnormal images', async () => {
    const image = greyPng(side, side);
    const files = (names: string[]) => folderWith(Object.fromEntries(names.map((file) => [file, image])));
    const place = files(['set/train/good/p1/a.png', 'set/train/normal/b.png', 'set/train/normal/.@__thumb/b.png']);
    const found: DataFolder[] = [];
    await loadShots(place, { shots: 2, seed: 0, preset: 'default' }, side, { found: (data) => found.push(data) });
    expect(found[0]).toMatchObject({
      trainNormal: ['set/train/good/p1/a.png', 'set/train/normal/b.png'].map((file) => path.join(place, file)),
      found: expect.stringContaining('2 training images'),
      leftOut: [{ files: ['set/train/normal/.@__thumb'], reason: expect.any(String) }],
    });
    const abnormal = files(['train/normal/a.png', 'train/abnormal/b.png']);
    await expect(loadShots(abnormal, { shots: 2, seed: 0, preset: 'default' }, side)).rejects.toThrow(
      'There are 1 normal training images',
    );
  });
});
