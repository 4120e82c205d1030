import { describe, expect, test } from '@jest/globals';
import { forEachSetPixel, sideBounds } from './mask.js';

describe('sideBounds', () => {
  test.each([
    { shares: [0.1, 0.6], side: 224, bounds: { lowest: 22, highest: 134 } },
    { shares: [0.3, 0.8], side: 224, bounds: { lowest: 67, highest: 179 } },
    { shares: [0.2, 0.6], side: 64, bounds: { lowest: 13, highest: 38 } },
  ])('of $shares at side $side', ({ shares: [lowest, highest], side, bounds }) => {
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
