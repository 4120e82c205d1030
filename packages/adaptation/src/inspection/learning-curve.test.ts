import { expect, test } from '@jest/globals';
import { RandomStream } from '@mediclip/synthesis';
import { enoughNote, gainOfMore } from './learning-curve.js';

/** Distances of `images` images' places to each other as those of points at random in so many dimensions. */
function pointsApart(images: number, dimensions: number): Float32Array[] {
  const random = new RandomStream(3, 0, 0);
  const places = 40;
  const point = () => Array.from({ length: dimensions }, () => random.uniform(0, 1));
  const points = Array.from({ length: images }, () => Array.from({ length: places }, point));
  return points.map((own) =>
    Float32Array.from(
      own.flatMap((place, row) =>
        points.map((other) => Math.hypot(...other[row]!.map((value, i) => value - place[i]!))),
      ),
    ),
  );
}

const alone = (count: number) => Array.from({ length: count }, (_, index) => new Set([index]));

test('is what the law of nearest neighbours promises: k points in d dimensions are k to the power of -1/d away', () => {
  for (const dimensions of [2, 4]) {
    const images = 30;
    const gain = gainOfMore(pointsApart(images, dimensions), alone(images), images)!;
    expect(Math.abs(gain - (1 - (38 / 30) ** (-1 / dimensions)))).toBeLessThan(0.02);
  }
});

test('is nothing where one image tells as much as all, and less the more there are', () => {
  const alike = Array.from({ length: 6 }, () => new Float32Array(6 * 10).fill(0.1));
  expect(gainOfMore(alike, alone(6), 6)).toBeCloseTo(0, 6);
  const apart = pointsApart(12, 3);
  expect(gainOfMore(apart, alone(12), 12)!).toBeGreaterThan(gainOfMore(apart, alone(12), 100)!);
});

test('is not known of images that are copies of each other, or too few', () => {
  const apart = pointsApart(4, 3);
  const all = new Set([0, 1, 2, 3]);
  expect(gainOfMore(apart, [all, all, all, all], 4)).toBeUndefined();
  expect(gainOfMore(pointsApart(2, 3), alone(2), 2)).toBeUndefined();
});

test('is told in a sentence', () => {
  expect(enoughNote(0.12)).toBe(
    '8 more normal images would probably help: they would bring a new normal image about 12 % closer to those that the model knows.',
  );
  expect(enoughNote(0.031)).toBe(
    'More normal images will hardly help: 8 more would bring a new normal image only about 3 % closer to those that the model knows.',
  );
});
