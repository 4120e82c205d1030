import { interpolateInferno } from 'd3-scale-chromatic';
import type { AnomalyMap } from '../api/npy.js';

const steps = 256;

/** The colour map of the overlays of the API: `[256, 3]` RGB bytes. */
const colours = Uint8ClampedArray.from(
  Array.from({ length: steps }, (_, i) => {
    const hex = interpolateInferno(i / (steps - 1));
    return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  }).flat(),
);

export interface HeatOptions {
  readonly width: number;
  readonly height: number;
  /** Map values below it stay clear; at it runs the contour. */
  readonly from: number;
}

/** The map as pixels `[height, width, RGBA]`: clear below `from`, coloured from it on, with a white contour between. */
export function drawHeat(map: AnomalyMap, { width, height, from }: HeatOptions): ImageData {
  const image = new ImageData(width, height);
  const values = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = ((y + 0.5) * map.side) / height - 0.5;
    for (let x = 0; x < width; x++) values[y * width + x] = valueAt(map, row, ((x + 0.5) * map.side) / width - 0.5);
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const value = values[at]!;
      if (value < from) continue;
      const isEdge =
        (x > 0 && values[at - 1]! < from) ||
        (x + 1 < width && values[at + 1]! < from) ||
        (y > 0 && values[at - width]! < from) ||
        (y + 1 < height && values[at + width]! < from);
      const colour = Math.round(Math.min(1, value) * (steps - 1)) * 3;
      image.data.set(isEdge ? [255, 255, 255, 255] : [...colours.subarray(colour, colour + 3), 255], at * 4);
    }
  }
  return image;
}

/** Bilinear value of the map between its pixel centres, constant beyond the outer ones. */
function valueAt({ side, values }: AnomalyMap, row: number, column: number): number {
  const y = Math.min(Math.max(row, 0), side - 1);
  const x = Math.min(Math.max(column, 0), side - 1);
  const [top, left] = [Math.floor(y), Math.floor(x)];
  const [bottom, right] = [Math.min(top + 1, side - 1), Math.min(left + 1, side - 1)];
  const along = (r: number) => values[r * side + left]! * (1 - x + left) + values[r * side + right]! * (x - left);
  return along(top) * (1 - y + top) + along(bottom) * (y - top);
}
