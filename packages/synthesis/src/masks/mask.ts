import type { RandomStream } from '../random/random-stream.js';

/** A shape in its own box: `rows * columns` values of 0 or 1, row-major. */
export interface Mask {
  readonly rows: number;
  readonly columns: number;
  readonly data: Uint8Array;
}

/** The place of a mask's box in the image: the pixel of its first row and column. */
export interface Corner {
  readonly row: number;
  readonly column: number;
}

/** Lengths in pixels. */
export interface SideBounds {
  readonly lowest: number;
  readonly highest: number;
}

/** Shares of the image's side in pixels, halves rounded to even (method, section 7). */
export function sideBounds(lowestShare: number, highestShare: number, side: number): SideBounds {
  return { lowest: roundHalfToEven(lowestShare * side), highest: roundHalfToEven(highestShare * side) };
}

/** A place for the mask's box, uniform over all places wholly inside an image of side `side`. */
export function drawCorner(mask: Mask, side: number, random: RandomStream): Corner {
  return { row: random.integer(0, side - mask.rows + 1), column: random.integer(0, side - mask.columns + 1) };
}

/** Sets, in the square `union` of side `side`, the pixels of a mask that lies at `corner`. */
export function markMask(union: Uint8Array, side: number, mask: Mask, corner: Corner): void {
  for (let row = 0; row < mask.rows; row++) {
    const target = (corner.row + row) * side + corner.column;
    for (let column = 0; column < mask.columns; column++) {
      union[target + column] |= mask.data[row * mask.columns + column];
    }
  }
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
