import path from 'node:path';
import { expect, test } from '@jest/globals';
import { resolveAdaptationOptions } from '@mediclip/contracts';
import { RandomStream } from '@mediclip/synthesis';
import { temporaryFolder, testRuntime } from '@mediclip/testing';
import { openTinyClip } from '../testing/tiny-clip.js';
import { FeatureStore } from '../tower/feature-store.js';
import { Tower } from '../tower/tower.js';
import { memoryCopies, normalTaps } from './fit-memory.js';
import { keepPatches, reachingRows } from './memory-bank.js';

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

test('copies have half of a memory, and what the patches of the normals leave of it', async () => {
  const { scoring } = resolveAdaptationOptions({});
  const backbone = openTinyClip();
  const { side } = backbone;
  const tower = new Tower(testRuntime, backbone, backbone.defaultTaps);
  const normalsTower = tower.at(normalTaps(tower, scoring, 2));
  const random = new RandomStream(1, 0, 0);
  const normals = [0, 1].map(() => ({
    width: side,
    height: side,
    data: Uint8Array.from({ length: side * side * 3 }, () => random.integer(0, 256)),
  }));
  const store = new FeatureStore(path.join(temporaryFolder(), 'features'));
  const relatives = [new Set([0]), new Set([1])];
  const bankOf = async (most: number) =>
    (await keepPatches(tower, { features: store, relatives, layouts: [] }, most, 0)).bank;
  try {
    for (const { data } of normals) await store.add((await normalsTower.features([data]))[0]!);
    const own = await bankOf(1000);
    for (const { data } of memoryCopies(normals, scoring)) await store.add((await normalsTower.features([data]))[0]!);
    const rowsOf = ({ rows, width }: typeof own) =>
      Array.from({ length: rows.length / width }, (_, row) => rows.subarray(row * width, (row + 1) * width).join());
    const ownRows = new Set(rowsOf(own));
    const ownAmong = (bank: typeof own) => rowsOf(bank).filter((row) => ownRows.has(row)).length;
    const [small, large] = [await bankOf(40), await bankOf(100)];
    expect([small.images.length, ownAmong(small)]).toEqual([40, 20]);
    expect([large.images.length, ownAmong(large)]).toEqual([100, own.images.length]);
    expect(large.images.every((image) => image < 2)).toBe(true);
  } finally {
    await store.release();
    await normalsTower.release();
    await tower.release();
  }
});
