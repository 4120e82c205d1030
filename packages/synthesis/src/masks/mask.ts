import type { Corner, Size } from '../box.js';

/** A shape in its own box: `rows * columns` values of 0 or 1, row-major. */
export interface Mask extends Size {
  readonly data: Uint8Array;
}

/** Lengths in pixels. */
export interface SideBounds {
  readonly lowest: number;
  readonly highest: number;
}

/** Shares of the image's side in pixels, halves rounded to even (method.md, section 7). */
export function sideBounds(lowestShare: number, highestShare: number, side: number): SideBounds {
  return { lowest: roundHalfToEven(lowestShare * side), highest: roundHalfToEven(highestShare * side) };
}

/**
 * Calls `visit` for every set pixel of a mask whose box lies at `corner` of an image of side `side`, with its index in
 * each.
 */
export function forEachSetPixel(
  { rows, columns, data }: Mask,
  corner: Corner,
  side: number,
  visit: (inMask: number, inImage: number) => void,
): void {
  for (let row = 0; row < rows; row++) {
    const offset = (corner.row + row) * side + corner.column;
    for (let column = 0; column < columns; column++) {
      const i = row * columns + column;
      if (data[i] !== 0) visit(i, offset + column);
    }
  }
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
