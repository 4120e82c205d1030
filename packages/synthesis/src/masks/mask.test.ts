import { describe, expect, test } from '@jest/globals';
import { forEachSetPixel, sideBounds } from './mask.js';

describe('sideBounds', () => {
  test.each([
    { lowest: 0.1, highest: 0.6, side: 224, bounds: { lowest: 22, highest: 134 } },
    { lowest: 0.3, highest: 0.8, side: 224, bounds: { lowest: 67, highest: 179 } },
    { lowest: 0.2, highest: 0.6, side: 64, bounds: { lowest: 13, highest: 38 } },
  ])('of $lowest to $highest at side $side', ({ lowest, highest, side, bounds }) => {
    expect(sideBounds(lowest, highest, side)).toEqual(bounds);
  });

  test('rounds halves to even', () => {
    expect(sideBounds(0.5, 0.5, 5)).toEqual({ lowest: 2, highest: 2 });
    expect(sideBounds(0.5, 0.5, 7)).toEqual({ lowest: 4, highest: 4 });
  });
});

test('forEachSetPixel names each set pixel in the mask and in the image', () => {
  const visits: number[][] = [];
  const mask = { rows: 2, columns: 3, data: Uint8Array.from([0, 1, 0, 1, 0, 1]) };
  forEachSetPixel(mask, { row: 4, column: 5 }, 10, (inMask, inImage) => visits.push([inMask, inImage]));
  expect(visits).toEqual([
    [1, 46],
    [3, 55],
    [5, 57],
  ]);
});
