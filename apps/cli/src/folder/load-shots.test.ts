import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { chooseShots } from '@mediclip/adaptation';
import { generatorOf } from '@mediclip/testing';
import { folderWith, imagesFolder } from '../testing/example-set.js';
import { picturePng } from '../testing/png.js';
import type { DataFolder } from './data-files.js';
import { loadShots } from './load-shots.js';

const side = 32;
const count = 12;
const options = { shots: 4, seed: 3, preset: 'default' } as const;
const chosen = chooseShots(count, options.shots, options.seed);
const name = (index: number) => `${String(index).padStart(2, '0')}.png`;

/** Distinct pictures, so small that the threads that decode them need no compiled code. */
const pictures = folderWith(Object.fromEntries([...Array(16).keys()].map((index) => [name(index), picture(index)])));
const pictureFiles = [...Array(16).keys()].map((index) => path.join(pictures, name(index)));

/** Squares of random greys. */
function picture(seed: number): Uint8Array {
  const { uniform } = generatorOf(seed);
  const greys = Array.from({ length: 16 }, () => Math.floor(uniform() * 256));
  const square = (at: number) => Math.floor(at / (side / 4));
  const pixels = Uint8Array.from(
    { length: side * side },
    (_, i) => greys[4 * square(Math.floor(i / side)) + square(i % side)]!,
  );
  return picturePng(side, side, pixels);
}

/** A folder of images, and of files that are none. */
function folder(isImage: (index: number) => boolean): string {
  const indices = [...Array(count).keys()];
  // Files that are no images have different sizes, so that none is compared with another.
  const bytes = (index: number) =>
    isImage(index) ? readFileSync(pictureFiles[index]!) : 'no image'.padEnd(index + 10);
  return folderWith(Object.fromEntries(indices.map((index) => [name(index), bytes(index)])));
}

/** The same pixels in a file of other bytes. */
function savedAnew(file: string): Uint8Array {
  return Buffer.concat([readFileSync(file), Buffer.from('behind the end')]);
}

describe('the shots of a folder', () => {
  test('are what the seed chooses among all its images', async () => {
    const shots = pictureFiles.length;
    const { images: all, copies } = await loadShots(pictures, { shots, seed: 0, preset: 'default' }, side);
    const indices = chooseShots(all.length, options.shots, options.seed);
    const { images, origin } = await loadShots(pictures, options, side);
    expect(images).toEqual(indices.map((index) => all[index]));
    expect([origin.pixelDigests.length, origin.copies, copies]).toEqual([options.shots, 0, []]);
  });

  test('are all that is read', async () => {
    const { images } = await loadShots(
      folder((index) => chosen.includes(index)),
      options,
      side,
    );
    expect(images.map(({ width, height }) => [width, height])).toEqual(Array(options.shots).fill([side, side]));
  });

  test('are distinct pictures: copies of any format are left out and named', async () => {
    const originals = pictureFiles.slice(0, 4);
    const one = imagesFolder(originals);
    const doubled = imagesFolder(originals);
    for (const file of originals.slice(0, 2)) copyFileSync(file, path.join(doubled, `z-${path.basename(file)}`));
    writeFileSync(path.join(doubled, 'z.png'), savedAnew(originals[2]!));
    const { images, origin } = await loadShots(one, { shots: 4, seed: 3, preset: 'default' }, side);
    const found = await loadShots(doubled, { shots: 7, seed: 3, preset: 'default' }, side);
    expect(found.images).toEqual(images);
    expect(found.origin).toEqual({ ...origin, copies: 3 });
    expect(found.copies.map(({ file, of }) => [path.basename(file), path.basename(of)])).toContainEqual([
      `z-${path.basename(originals[1]!)}`,
      path.basename(originals[1]!),
    ]);
    const alike = imagesFolder(originals.slice(0, 1));
    writeFileSync(path.join(alike, 'z.png'), savedAnew(originals[0]!));
    await expect(loadShots(alike, { shots: 2, seed: 0, preset: 'default' }, side)).rejects.toMatchObject({
      code: 'shots-too-alike',
    });
  });

  test('that cannot be used are left out and said, and the seed chooses among the others', async () => {
    const broken = [chosen[2]!, chosen[0]!].sort();
    const place = folder((index) => !broken.includes(index));
    const said: string[] = [];
    const { images } = await loadShots(place, options, side, {
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
    const originals = pictureFiles.slice(0, 3).map((file) => readFileSync(file));
    const files = (names: string[]) => folderWith(Object.fromEntries(names.map((file, i) => [file, originals[i]!])));
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
