import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { grids } from '../testing/grids.js';
import { closing, fillHoles } from './morphology.js';

const highest = 2;

const grid = grids(9, highest);

/** The extreme over the 3 x 3 neighbours inside. */
function slowExtreme(
  values: Uint8Array,
  rows: number,
  columns: number,
  pick: (...all: number[]) => number,
): Uint8Array {
  return values.map((_, i) => {
    const near: number[] = [];
    values.forEach((value, j) => {
      const apart = Math.max(
        Math.abs(Math.floor(i / columns) - Math.floor(j / columns)),
        Math.abs((i % columns) - (j % columns)),
      );
      if (apart <= 1) near.push(value);
    });
    expect(near.length).toBeLessThanOrEqual(Math.min(9, rows * columns));
    return pick(...near);
  });
}

describe('closing', () => {
  test('is a dilation and then an erosion with a 3 x 3 square', () => {
    fc.assert(
      fc.property(grid, ({ rows, columns, values }) => {
        const dilated = slowExtreme(values, rows, columns, Math.max);
        expect(closing(values, rows, columns)).toEqual(slowExtreme(dilated, rows, columns, Math.min));
      }),
    );
  });

  test('only adds, and a second time nothing', () => {
    fc.assert(
      fc.property(grid, ({ rows, columns, values }) => {
        const closed = closing(values, rows, columns);
        closed.forEach((value, i) => {
          expect(value).toBeGreaterThanOrEqual(values[i]!);
        });
        expect(closing(closed, rows, columns)).toEqual(closed);
      }),
    );
  });
});

describe('fillHoles', () => {
  test('is the reconstruction by erosion from a seed that is the maximum except on the border', () => {
    fc.assert(
      fc.property(grid, ({ rows, columns, values }) => {
        let reconstruction = values.map((value, i) => {
          const [row, column] = [Math.floor(i / columns), i % columns];
          const border = row === 0 || column === 0 || row === rows - 1 || column === columns - 1;
          return border ? value : highest;
        });
        for (let before = new Uint8Array(0); before.join() !== reconstruction.join(); ) {
          before = reconstruction;
          const eroded = slowExtreme(before, rows, columns, Math.min);
          reconstruction = eroded.map((value, i) => Math.max(value, values[i]!));
        }
        expect(fillHoles(values, rows, columns, highest)).toEqual(reconstruction);
      }),
    );
  });

  test('water does flow through a diagonal gap, so that such a hole stays', () => {
    const leaky = Uint8Array.from([2, 2, 2, 2, 0, 2, 2, 2, 0]);
    expect(fillHoles(leaky, 3, 3, 2)).toEqual(leaky);
    const tight = Uint8Array.from([2, 2, 2, 2, 0, 2, 2, 2, 1]);
    expect([...fillHoles(tight, 3, 3, 2)]).toEqual([2, 2, 2, 2, 1, 2, 2, 2, 1]);
  });
});
