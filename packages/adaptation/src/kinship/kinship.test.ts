import { describe, expect, test } from '@jest/globals';
import { RandomStream } from '@mediclip/synthesis';
import { greyLayout } from './grey-layout.js';
import { kinshipOf, kinshipTensors } from './kinship.js';
import type { KindDescription } from './likeness.js';
import { findOutliers } from './outliers.js';

const side = 64;
const width = 24;

/** RGB bytes of a bright disc on dark ground, at a place that the seed moves a little. */
function disc(seed: number): Uint8Array {
  const random = new RandomStream(seed, 0, 0);
  const [x0, y0] = [random.uniform(20, 26), random.uniform(20, 26)];
  return Uint8Array.from({ length: side * side * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return Math.hypot((pixel % side) - x0, Math.floor(pixel / side) - y0) < 16 ? 200 : 20;
  });
}

const negative = (rgb: Uint8Array) => rgb.map((value) => 255 - value);

/** A picture of a kind: the kinds' moments are orthogonal, and those of one kind lie near each other. */
function pictureOf(kind: number, seed: number, rgb = disc(seed)): KindDescription {
  const random = new RandomStream(seed, kind, 1);
  const moments = Float32Array.from({ length: width }, (_, i) => (i === kind ? 1 : 0) + random.normal(0, 0.03));
  const norm = Math.hypot(...moments);
  return { moments: moments.map((value) => value / norm), layout: greyLayout(rgb, side) };
}

const normals = Array.from({ length: 12 }, (_, seed) => pictureOf(0, seed));
const alone = (count: number) => Array.from({ length: count }, (_, index) => new Set([index]));

describe('the layout of a picture', () => {
  test('is the opposite of that of its negative, and there is none of an empty picture', () => {
    const layout = greyLayout(disc(1), side);
    const ofNegative = greyLayout(negative(disc(1)), side);
    expect(Math.hypot(...layout)).toBeCloseTo(1, 5);
    for (const [cell, value] of layout.entries()) expect(ofNegative[cell]).toBeCloseTo(-value, 5);
    expect(greyLayout(new Uint8Array(side * side * 3).fill(90), side).every((value) => value === 0)).toBe(true);
  });
});

describe('kinship', () => {
  const tensors = kinshipTensors(normals, alone(12));

  test('is the share of the normals that are as far from the others, and foreign is what is far from all', () => {
    for (let seed = 100; seed < 120; seed++) {
      const own = kinshipOf(tensors, pictureOf(0, seed))!;
      expect(own.foreign).toBeUndefined();
      expect(own.share * 12).toBeCloseTo(Math.round(own.share * 12), 6);
    }
    expect(kinshipOf(tensors, normals[3]!)).toEqual({ share: 1 });
    expect(kinshipOf(tensors, pictureOf(1, 7))).toEqual({ share: 0, foreign: 'other-kind' });
  });

  test('tells a picture whose greys are inverted', () => {
    expect(kinshipOf(tensors, pictureOf(0, 100, negative(disc(100))))).toMatchObject({ foreign: 'inverted' });
  });

  test('is not known of a detector without its tensors', () => {
    expect(kinshipOf(new Map(), normals[0]!)).toBeUndefined();
  });
});

describe('outliers among normals', () => {
  test('are those of another kind and negatives, and none among normals alone', () => {
    expect(findOutliers(normals, alone(12))).toEqual({ outliers: [], isMixed: false });
    const images = [...normals, pictureOf(1, 50), pictureOf(0, 51, negative(disc(51)))];
    expect(findOutliers(images, alone(14))).toEqual({
      outliers: [
        { index: 12, kind: 'other-kind' },
        { index: 13, kind: 'inverted' },
      ],
      isMixed: false,
    });
  });

  test('that are many are a mixture', () => {
    const images = [...normals, ...[60, 61, 62, 63].map((seed) => pictureOf(2, seed))];
    const found = findOutliers(images, alone(16));
    expect(found.outliers.map(({ index }) => index)).toEqual([12, 13, 14, 15]);
    expect(found.isMixed).toBe(true);
  });

  test('are not looked for among fewer than four', () => {
    const images = [pictureOf(0, 1), pictureOf(0, 2), pictureOf(1, 3)];
    expect(findOutliers(images, alone(3))).toEqual({ outliers: [], isMixed: false });
  });
});
