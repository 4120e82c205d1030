import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { grids } from '../testing/grids.js';
import { cubicSpline, sampleSpline } from './cubic-spline.js';

const grid = grids(12, 255);

test('a spline goes through its values', () => {
  fc.assert(
    fc.property(grid, ({ rows, columns, values }) => {
      const spline = cubicSpline(values, rows, columns);
      values.forEach((value, i) => {
        expect(sampleSpline(spline, Math.floor(i / columns), i % columns)).toBeCloseTo(value, 9);
      });
    }),
  );
});

test('a spline is smooth where its pieces meet', () => {
  const step = 1e-4;
  fc.assert(
    fc.property(grid, ({ rows, columns, values }) => {
      fc.pre(columns > 2);
      const spline = cubicSpline(values, rows, columns);
      const at = (column: number) => sampleSpline(spline, (rows - 1) / 2, column);
      const slopeBefore = (at(1) - at(1 - step)) / step;
      const slopeAfter = (at(1 + step) - at(1)) / step;
      expect(Math.abs(slopeBefore - slopeAfter)).toBeLessThan(1);
    }),
  );
});

/** Between the values of a cubic polynomial, far from the edges, the spline is the polynomial. */
test('a spline reproduces a cubic', () => {
  const cubic = (x: number) => (x - 20) ** 3 / 100 + 128;
  const row = Uint8Array.from({ length: 41 }, (_, x) => cubic(x));
  const rounded = row.map((value, x) => value - cubic(x));
  expect(Math.max(...rounded.map(Math.abs))).toBeLessThan(1);
  const spline = cubicSpline(row, 1, row.length);
  for (const x of [10.5, 20.25, 29.75]) expect(Math.abs(sampleSpline(spline, 0, x) - cubic(x))).toBeLessThan(1);
});
