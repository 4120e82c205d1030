import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { chooseShots } from '@mediclip/adaptation';
import { exampleImages, folderWith } from '../testing/example-set.js';
import { greyPng } from '../testing/png.js';
import { loadShots } from './load-shots.js';

const side = 32;
const count = 12;
const options = { shots: 4, seed: 3 };
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
    const all = await loadShots(examples, { shots: exampleImages('train/normal', 1000).length, seed: 0 }, side);
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

  test('are named when they cannot be used', async () => {
    const broken = chosen[2]!;
    await expect(
      loadShots(
        folder((index) => index !== broken),
        options,
        side,
      ),
    ).rejects.toThrow(`${name(broken)}: `);
  });
});
