import type { Raster } from '../resize/raster.js';

/** Cells along each side of a thumbnail. */
export const thumbnailSide = 64;

/**
 * Mean greys, [thumbnailSide, thumbnailSide], over a grid of as many cells; a pixel belongs to one cell, and small
 * images repeat pixels.
 */
export function thumbnail({ width, height, data }: Raster): Uint8Array {
  const [rows, columns] = [cellEdges(height), cellEdges(width)];
  const means = new Uint8Array(thumbnailSide * thumbnailSide);
  for (const [row, [top, bottom]] of rows.entries()) {
    for (const [column, [left, right]] of columns.entries()) {
      let sum = 0;
      for (let y = top; y < bottom; y++) for (let i = y * width + left; i < y * width + right; i++) sum += data[i]!;
      means[row * thumbnailSide + column] = Math.round(sum / ((bottom - top) * (right - left)));
    }
  }
  return means;
}

/** Begin and end of every cell along a side of `length` pixels; none is empty. */
function cellEdges(length: number): (readonly [number, number])[] {
  return Array.from({ length: thumbnailSide }, (_, cell) => {
    const start = Math.floor((cell * length) / thumbnailSide);
    return [start, Math.max(start + 1, Math.floor(((cell + 1) * length) / thumbnailSide))] as const;
  });
}
