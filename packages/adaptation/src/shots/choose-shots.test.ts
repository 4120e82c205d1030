import { describe, expect, test } from '@jest/globals';
import { RandomStream } from '@mediclip/synthesis';
import fc from 'fast-check';
import { chooseShots } from '../training/plan.js';
import { type ChosenShots, chooseDistinctShots, copiesNote } from './choose-shots.js';
import type { PictureData } from './near-copies.js';
import { areAllAlike, relatives } from './relatives.js';

const side = 32;

/** Unrelated pictures of noise. */
function picture(seed: number): PictureData {
  const random = new RandomStream(seed, 0, 0);
  return { width: side, height: side, data: Uint8Array.from({ length: side * side }, () => random.integer(0, 256)) };
}

/** Nearly the same picture: up to two grey levels are added. */
const nearly = (one: PictureData): PictureData => ({
  ...one,
  data: one.data.map((value, i) => Math.min(255, value + (i % 3))),
});

/** What is chosen among pictures, whose files have equal bytes where `files` has equal names. */
function choose(
  pictures: readonly PictureData[],
  shots: number,
  seed = 0,
  files = pictures.map((_, i) => i),
): Promise<ChosenShots> {
  const firstOfBytes = files.map((file) => files.indexOf(file));
  return chooseDistinctShots(firstOfBytes, { shots, seed }, async (indices) =>
    indices.map((index) => pictures[index]!),
  );
}

describe('the shots of an adaptation', () => {
  test('without copies are those that the seed picks', async () => {
    const pictures = Array.from({ length: 12 }, (_, i) => picture(i));
    for (const seed of [0, 1, 2]) {
      const { shots, copies } = await choose(pictures, 5, seed);
      expect([shots, copies]).toEqual([chooseShots(12, 5, seed), []]);
    }
  });

  test('are the distinct pictures, however these are doubled', async () => {
    const pictures = Array.from({ length: 6 }, (_, i) => picture(i));
    const alone = await choose(pictures, 6);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ of: fc.nat(5), sameBytes: fc.boolean() }), { maxLength: 20 }),
        fc.nat(1000),
        async (doubles, seed) => {
          const all = [...pictures, ...doubles.map(({ of }) => pictures[of]!)];
          const files = [...pictures.keys(), ...doubles.map(({ of, sameBytes }, i) => (sameBytes ? of : 100 + i))];
          const { shots, pixelDigests, copies } = await choose(all, all.length, seed, files);
          expect(shots).toEqual([0, 1, 2, 3, 4, 5]);
          expect(pixelDigests).toEqual(alone.pixelDigests);
          expect(copies).toEqual(doubles.map(({ of }, i) => ({ index: 6 + i, of })));
        },
      ),
      { numRuns: 30 },
    );
  });

  test('come from the other images when some are near copies', async () => {
    const pictures = [picture(0), nearly(picture(0)), picture(1), nearly(picture(1)), picture(2), picture(3)];
    for (const seed of [0, 1, 2, 3]) {
      const { shots, copies } = await choose(pictures, 4, seed);
      expect(new Set(shots.map((index) => [0, 0, 1, 1, 2, 3][index]))).toEqual(new Set([0, 1, 2, 3]));
      for (const { index, of } of copies) expect(Math.floor(index / 2)).toBe(Math.floor(of / 2));
    }
  });

  test('come from as many groups as there are, and are those of the seed where no two share one', async () => {
    const pictures = Array.from({ length: 12 }, (_, i) => picture(i));
    const groups = pictures.map((_, i) => (i < 9 ? 'film' : `patient-${i}`));
    const choice = (seed: number, shots: number, of: readonly (string | undefined)[]) =>
      chooseDistinctShots([...pictures.keys()], { shots, seed, groups: of }, async (indices) =>
        indices.map((index) => pictures[index]!),
      );
    for (const seed of [0, 1, 2]) {
      const { shots } = await choice(seed, 4, groups);
      expect(new Set(shots.map((index) => groups[index])).size).toBe(4);
      expect((await choice(seed, 6, groups)).shots).toEqual(expect.arrayContaining([9, 10, 11]));
      const alone = pictures.map((_, i) => (i % 2 === 0 ? `patient-${i}` : undefined));
      expect((await choice(seed, 5, alone)).shots).toEqual(chooseShots(12, 5, seed));
    }
  });

  test('are refused when there are too few, or all are alike, unless one was asked for', async () => {
    const film = Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? picture(0) : nearly(picture(0))));
    await expect(choose(film, 8)).rejects.toMatchObject({
      code: 'shots-too-alike',
      message: expect.stringContaining('8 normal'),
    });
    await expect(choose(film, 8, 0, Array(8).fill(0))).rejects.toMatchObject({ code: 'shots-too-alike' });
    await expect(choose(film, 9)).rejects.toMatchObject({ code: 'too-few-normal-images' });
    expect((await choose(film, 1)).shots.length).toBe(1);
    expect((await choose([...film, picture(1)], 9)).shots.length).toBe(2);
  });

  test('are told to people', () => {
    expect(copiesNote(9, 1)).toBe(
      '1 training image was left out as a copy (or nearly) of others: the model was adapted to 9 distinct pictures.',
    );
  });
});

describe('the relatives of a picture', () => {
  test('are itself and what is like it, as long as others are left to measure against', () => {
    const film = [picture(0), nearly(picture(0))];
    expect(relatives([...film, picture(1)])).toEqual([new Set([0, 1]), new Set([0, 1]), new Set([2])]);
    expect(relatives(film)).toEqual([new Set([0]), new Set([1])]);
    expect([areAllAlike(film), areAllAlike([...film, picture(1)]), areAllAlike([picture(0)])]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
