import { expect, test } from '@jest/globals';
import { expectClose } from '@mediclip/testing';
import fc from 'fast-check';
import type { Mask } from '../masks/mask.js';
import { grids } from '../testing/grids.js';
import { euclideanDistance } from './euclidean-distance.js';

/** One pixel in five is unset. */
const mask = grids(10, 4).map(
  ({ rows, columns, values }): Mask => ({ rows, columns, data: values.map((value) => Math.min(value, 1)) }),
);

function slowDistance({ rows, columns, data }: Mask): Float64Array {
  const unset = [...data.keys()].filter((i) => data[i] === 0);
  return Float64Array.from({ length: rows * columns }, (_, i) =>
    unset.reduce(
      (nearest, j) =>
        Math.min(nearest, Math.hypot(Math.floor(i / columns) - Math.floor(j / columns), (i % columns) - (j % columns))),
      Number.POSITIVE_INFINITY,
    ),
  );
}

test('every distance is the one to the nearest unset pixel', () => {
  fc.assert(
    fc.property(mask, (drawn) => {
      fc.pre(drawn.data.includes(0));
      expectClose(euclideanDistance(drawn), slowDistance(drawn), 1e-12);
    }),
  );
});

test('without an unset pixel every distance is infinite', () => {
  const full = euclideanDistance({ rows: 2, columns: 3, data: new Uint8Array(6).fill(1) });
  expect(full.every((distance) => distance === Number.POSITIVE_INFINITY)).toBe(true);
});
