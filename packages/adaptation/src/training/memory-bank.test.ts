import { expect, test } from '@jest/globals';
import { reachingRows } from './memory-bank.js';

/** Three patches, one of each of the first three of six normals; per normal how far each patch is from it. */
const bank = { rows: Float32Array.of(1, 0, 0, 1, 0.6, 0.8), width: 2, images: Uint32Array.of(0, 1, 2) };
const distances = [
  [0, 0.5, 0.3],
  [0.2, 0, 0.1],
  [0.4, 0.25, 0],
  [0.6, 0.5, 0.2],
  [0.6, 0.5, 0.2],
  [0.6, 0.5, 0.2],
].map((ofNormal) => Float32Array.from(ofNormal));
const alone = distances.map((_, image) => new Set([image]));
const lengths = (rows: Float32Array) => [0, 2, 4].map((start) => Math.hypot(rows[start]!, rows[start + 1]!));

/** Of six normals: 0.4 times (6 - 2) / (6 + 2). */
const share = 0.2;

const expectLengths = (rows: Float32Array, apart: readonly number[]) => {
  for (const [patch, length] of lengths(rows).entries()) expect(length).toBeCloseTo(1 + share * apart[patch]!, 6);
};

test('a row grows by a share of how far its patch is from the nearest other normal', () => {
  const rows = reachingRows(bank, distances, alone);
  expectLengths(rows, [0.2, 0.25, 0.1]);
  expect(rows[5]! / rows[4]!).toBeCloseTo(0.8 / 0.6, 6);
});

test('neither relatives of its normal nor normals that are left out count', () => {
  expectLengths(reachingRows(bank, distances, [new Set([0, 1]), ...alone.slice(1)]), [0.4, 0.25, 0.1]);
  expectLengths(reachingRows(bank, distances, alone, new Set([1])), [0.4, 0.25, 0.2]);
});

test('no row grows where two normals, or none, are there to tell', () => {
  const two = { ...bank, rows: bank.rows.slice(0, 4), images: bank.images.slice(0, 2) };
  expect(reachingRows(two, distances.slice(0, 2), alone.slice(0, 2))).toEqual(two.rows);
  expect(reachingRows(bank, distances, alone, new Set([0, 1, 2, 3, 4, 5]))).toEqual(bank.rows);
});
