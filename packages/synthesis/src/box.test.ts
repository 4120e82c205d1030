import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Box, cutBox, drawCorner, pasteBox } from './box.js';
import { RandomStream } from './random/random-stream.js';
import { expectEvenlySpread } from './testing/statistics.js';

const side = 8;

const image = fc.uint8Array({ minLength: side * side, maxLength: side * side });

const box: fc.Arbitrary<Box> = fc
  .record({ rows: fc.integer({ min: 1, max: side }), columns: fc.integer({ min: 1, max: side }) })
  .chain(({ rows, columns }) =>
    fc.record({
      row: fc.integer({ min: 0, max: side - rows }),
      column: fc.integer({ min: 0, max: side - columns }),
      rows: fc.constant(rows),
      columns: fc.constant(columns),
    }),
  );

describe('drawCorner', () => {
  test('takes every place inside the image equally often', () => {
    const random = new RandomStream(1, 0, 0);
    const places = Array.from({ length: 2000 }, () => drawCorner({ rows: 6, columns: 5 }, side, random));
    expectEvenlySpread(
      places.map(({ row, column }) => row * 4 + column),
      12,
    );
  });

  test('has one place for a box as large as the image', () => {
    const corner = drawCorner({ rows: side, columns: side }, side, new RandomStream(1, 0, 0));
    expect(corner).toEqual({ row: 0, column: 0 });
  });
});

describe('cutBox', () => {
  test('repeats the edge pixels of the box, not the pixels around it', () => {
    const values = Uint8Array.from({ length: 16 }, (_, i) => i);
    const cut = cutBox(values, 4, { row: 1, column: 1, rows: 1, columns: 2 }, 1);
    expect([...cut]).toEqual([5, 5, 6, 6, 5, 5, 6, 6, 5, 5, 6, 6]);
  });

  test('is undone by pasteBox', () => {
    fc.assert(
      fc.property(image, box, (values, place) => {
        const pasted = new Uint8Array(values.length);
        pasteBox(pasted, side, place, cutBox(values, side, place));
        pasted.forEach((value, i) => {
          const [row, column] = [Math.floor(i / side) - place.row, (i % side) - place.column];
          const inside = row >= 0 && column >= 0 && row < place.rows && column < place.columns;
          expect(value).toBe(inside ? values[i] : 0);
        });
      }),
    );
  });
});
