import type { RandomStream } from './random/random-stream.js';

export interface Size {
  readonly rows: number;
  readonly columns: number;
}

/** A pixel; where a box is placed, its first. */
export interface Corner {
  readonly row: number;
  readonly column: number;
}

/** An upright rectangle of pixels. */
export interface Box extends Corner, Size {}

/** A place for a box, uniform over all places wholly inside an image of side `side`. */
export function drawCorner({ rows, columns }: Size, side: number, random: RandomStream): Corner {
  return { row: random.integer(0, side - rows + 1), column: random.integer(0, side - columns + 1) };
}

/**
 * A box of an image [side, side], its edge pixels repeated `margin` times all around:
 * [rows + 2 margin, columns + 2 margin].
 */
export function cutBox(values: Uint8Array, side: number, { row, column, rows, columns }: Box, margin = 0): Uint8Array {
  const width = columns + 2 * margin;
  const cut = new Uint8Array((rows + 2 * margin) * width);
  for (let y = 0; y < rows + 2 * margin; y++) {
    const first = (row + Math.min(Math.max(y - margin, 0), rows - 1)) * side + column;
    const end = first + columns;
    const target = y * width;
    cut.fill(values[first]!, target, target + margin);
    cut.set(values.subarray(first, end), target + margin);
    cut.fill(values[end - 1]!, target + margin + columns, target + width);
  }
  return cut;
}

/** Puts `content` [rows, columns] in the place of a box of an image [side, side], in place. */
export function pasteBox(
  values: Uint8Array,
  side: number,
  { row, column, rows, columns }: Box,
  content: Uint8Array,
): void {
  for (let y = 0; y < rows; y++) {
    values.set(content.subarray(y * columns, (y + 1) * columns), (row + y) * side + column);
  }
}
