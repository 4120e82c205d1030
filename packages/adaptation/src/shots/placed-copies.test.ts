import { expect, test } from '@jest/globals';
import type { NormalImage } from '@mediclip/synthesis';
import { normalAt, placedCopies } from './placed-copies.js';

const side = 65;

/** A bright square of 3 x 3 pixels, by its middle, on grey. */
function spot(x: number, y: number, channels: 1 | 3): NormalImage {
  const data = new Uint8Array(side * side * channels).fill(20);
  for (let row = y - 1; row <= y + 1; row++) {
    data.fill(220, (row * side + x - 1) * channels, (row * side + x + 2) * channels);
  }
  return { width: side, height: side, data };
}

/** The middle of what is bright, from the middle of the image. */
function middleOf({ data }: NormalImage): [number, number] {
  const channels = data.length / side ** 2;
  let [x, y, sum] = [0, 0, 0];
  for (const [place, value] of data.entries()) {
    const pixel = Math.floor(place / channels);
    const weight = value - 20;
    x += weight * ((pixel % side) - 32);
    y += weight * (Math.floor(pixel / side) - 32);
    sum += weight;
  }
  return [x / sum, y / sum];
}

test.each([1, 3] as const)(
  'of each of few normals there are four, turned and scaled about the middle, %i channels',
  (channels) => {
    const copies = placedCopies([spot(52, 32, channels), spot(32, 22, channels)]);
    const [cosine, sine] = [Math.cos(Math.PI / 12), Math.sin(Math.PI / 12)];
    const expected = [
      [20 * cosine, 20 * sine],
      [20 * cosine, -20 * sine],
      [17, 0],
      [23.4, 0],
      [10 * sine, -10 * cosine],
      [-10 * sine, -10 * cosine],
      [0, -8.5],
      [0, -11.7],
    ];
    expect(copies).toHaveLength(8);
    for (const [index, copy] of copies.entries()) {
      const [x, y] = middleOf(copy);
      expect(Math.hypot(x - expected[index]![0]!, y - expected[index]![1]!)).toBeLessThan(0.3);
    }
    expect([0, 1, 2, 5, 6, 9].map((place) => normalAt(place, 2))).toEqual([0, 1, 0, 0, 1, 1]);
  },
);

test('there are none of eight', () => {
  expect(placedCopies(Array.from({ length: 7 }, () => spot(20, 20, 1)))).toHaveLength(28);
  expect(placedCopies(Array.from({ length: 8 }, () => spot(20, 20, 1)))).toEqual([]);
});
