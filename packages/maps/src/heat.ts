import type { AnomalyMap } from './anomaly-map.js';
import { inferno, infernoOffset } from './colour-map.js';

export interface HeatOptions {
  /** Size of the picture that the heat lies on, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Map values below it stay clear; at it runs the contour. */
  readonly from: number;
  /** How much of a coloured pixel is heat, 0 to 1; the rest is the picture's. */
  readonly strength: number;
}

/** Pixels of the longer side of a picture for each pixel of its contour's width. */
const sidePerContour = 256;
const contour = [255, 255, 255, 255] as const;

/**
 * A map as heat to lay over a picture, `[height, width, RGBA]`: clear where the map, stretched over the picture, is
 * below `from`; coloured from there on, as strong as asked for; a white contour between. Throws a RangeError for a map
 * of another length.
 */
export function heatPixels(
  { map, mapSide }: Pick<AnomalyMap, 'map' | 'mapSide'>,
  { width, height, from, strength }: HeatOptions,
): Uint8ClampedArray<ArrayBuffer> {
  if (map.length !== mapSide * mapSide) {
    throw new RangeError(`The map has ${map.length} values, not ${mapSide} x ${mapSide}.`);
  }
  const values = stretched(map, mapSide, width, height);
  const alpha = Math.round(255 * strength);
  const thickness = Math.max(1, Math.round(Math.max(width, height) / sidePerContour));
  const pixels = new Uint8ClampedArray(width * height * 4);
  const isCold = (x: number, y: number) => x >= 0 && y >= 0 && x < width && y < height && values[y * width + x]! < from;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      if (values[at]! < from) continue;
      let isEdge = false;
      for (let step = 1; step <= thickness && !isEdge; step++) {
        isEdge = isCold(x - step, y) || isCold(x + step, y) || isCold(x, y - step) || isCold(x, y + step);
      }
      if (isEdge) {
        pixels.set(contour, at * 4);
        continue;
      }
      const colour = infernoOffset(values[at]!);
      for (let channel = 0; channel < 3; channel++) pixels[at * 4 + channel] = inferno[colour + channel]!;
      pixels[at * 4 + 3] = alpha;
    }
  }
  return pixels;
}

/** The map at `[height, width]`, bilinear between its pixel centres, constant beyond the outer ones. */
function stretched(map: Float32Array, side: number, width: number, height: number): Float32Array {
  const columns = Array.from({ length: width }, (_, x) => place(x, width, side));
  const values = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const { first: top, next: bottom, share: down } = place(y, height, side);
    for (let x = 0; x < width; x++) {
      const { first: left, next: right, share: across } = columns[x]!;
      const along = (row: number) => map[row * side + left]! * (1 - across) + map[row * side + right]! * across;
      values[y * width + x] = along(top) * (1 - down) + along(bottom) * down;
    }
  }
  return values;
}

/** Where pixel `i` of `length` lies on an axis of `side` values: between which two, and how far from the first. */
function place(i: number, length: number, side: number): { first: number; next: number; share: number } {
  const at = Math.min(Math.max(((i + 0.5) * side) / length - 0.5, 0), side - 1);
  const first = Math.floor(at);
  return { first, next: Math.min(first + 1, side - 1), share: at - first };
}
