import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { regionBoxes } from './regions.js';

function drawing(...lines: string[]): Uint8Array {
  return Uint8Array.from(lines.join(''), (character) => (character === '#' ? 1 : 0));
}

test('pixels that touch at a corner are two regions; boxes may overlap; the order is that of first pixels', () => {
  const mask = drawing(
    '.....#', //
    '###...',
    '#.....',
    '#.##..',
    '#...#.',
    '####..',
  );
  expect(regionBoxes(mask, 6)).toEqual([
    { row: 0, column: 5, rows: 1, columns: 1 },
    { row: 1, column: 0, rows: 5, columns: 4 },
    { row: 3, column: 2, rows: 1, columns: 2 },
    { row: 4, column: 4, rows: 1, columns: 1 },
  ]);
});

test('an empty mask has no region, a full one one', () => {
  expect(regionBoxes(new Uint8Array(16), 4)).toEqual([]);
  expect(regionBoxes(new Uint8Array(16).fill(1), 4)).toEqual([{ row: 0, column: 0, rows: 4, columns: 4 }]);
});

test('there are as many boxes as regions, and every pixel lies in one', () => {
  const imageSide = 8;
  const bits = fc.array(fc.integer({ min: 0, max: 1 }), {
    minLength: imageSide * imageSide,
    maxLength: imageSide * imageSide,
  });
  fc.assert(
    fc.property(bits, (values) => {
      const mask = Uint8Array.from(values);
      const boxes = regionBoxes(mask, imageSide);
      expect(boxes).toHaveLength(countRegions(mask, imageSide));
      mask.forEach((value, i) => {
        const [row, column] = [Math.floor(i / imageSide), i % imageSide];
        const covered = boxes.some(
          (box) =>
            row >= box.row && row < box.row + box.rows && column >= box.column && column < box.column + box.columns,
        );
        if (value === 1) expect(covered).toBe(true);
      });
    }),
  );
});

/** Spreads the smallest index of neighbours until nothing changes. */
function countRegions(mask: Uint8Array, side: number): number {
  const names = Int32Array.from(mask, (value, i) => (value === 0 ? -1 : i));
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = 0; i < names.length; i++) {
      const neighbours = [
        i - side,
        i + side,
        ...(i % side > 0 ? [i - 1] : []),
        ...(i % side < side - 1 ? [i + 1] : []),
      ];
      for (const j of neighbours) {
        if (names[i]! < 0 || !(names[j]! >= 0) || names[j]! >= names[i]!) continue;
        names[i] = names[j]!;
        changed = true;
      }
    }
  }
  return new Set(names.filter((name) => name >= 0)).size;
}
