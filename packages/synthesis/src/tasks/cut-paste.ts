import { type Corner, cutBox, drawCorner, type Size } from '../box.js';
import { cubicSpline, sampleSpline } from '../filters/cubic-spline.js';
import { greyRange, toGreyLevel } from '../image.js';
import { forEachSetPixel, type Mask, sideBounds } from '../masks/mask.js';
import { drawPerlinMask } from '../masks/perlin-mask.js';
import type { RandomStream } from '../random/random-stream.js';

const largestSourceShare = 0.8;

/**
 * Maps a pixel (row, column) of the mask's box to a position in the source box: `matrix * (row, column) + offset`. The
 * size is the source box's, which holds the image of the whole mask box.
 */
export interface SourceMap extends Size {
  /** Row-major 2 x 2. */
  readonly matrix: readonly [number, number, number, number];
  readonly offset: readonly [number, number];
}

export interface CutPasteParameters {
  readonly mask: Mask;
  readonly corner: Corner;
  /** Index of the source among the support images. */
  readonly source: number;
  readonly sourceMap: SourceMap;
  readonly sourceCorner: Corner;
}

/** Draws one cut-paste anomaly for images of side `side` with `supportCount` sources (method.md, section 7). */
export function drawCutPaste(side: number, supportCount: number, random: RandomStream): CutPasteParameters {
  const mask = drawPerlinMask(sideBounds(0.1, 0.6, side), random);
  const corner = drawCorner(mask, side, random);
  const source = random.integer(0, supportCount);
  const angleRadians = random.uniform(-Math.PI / 4, Math.PI / 4);
  const map = sourceMap(mask, angleRadians, drawScale(random), side);
  return { mask, corner, source, sourceMap: map, sourceCorner: drawCorner(map, side, random) };
}

/** From the pasted content to its source: above 1 it shrinks, below 1 it grows. */
export function drawScale(random: RandomStream): number {
  const change = 1 + random.exponential(0.1);
  return random.chance(0.5) ? 1 / change : change;
}

/**
 * The rotated and scaled source box of a mask box; a scale above 1 shrinks the content, and is limited so that the box
 * stays within 80 % of the source's side. Golden: synthesis/cutpaste.
 */
export function sourceMap({ rows, columns }: Size, angleRadians: number, scale: number, side: number): SourceMap {
  const upright = rotatedBox(rows, columns, angleRadians, 1);
  const limit = (largestSourceShare * side) / Math.max(upright.rows, upright.columns);
  return rotatedBox(rows, columns, angleRadians, Math.min(scale, limit));
}

/** Replaces the pixels under the mask, in place. `pixels` and `source` are grey images [side, side]. */
export function applyCutPaste(
  pixels: Uint8Array,
  source: Uint8Array,
  side: number,
  { mask, corner, sourceMap, sourceCorner }: CutPasteParameters,
): void {
  const patch = samplePatch(source, side, sourceMap, sourceCorner, mask);
  forEachSetPixel(mask, corner, side, (inMask, inImage) => {
    pixels[inImage] = patch[inMask]!;
  });
}

/**
 * The pixels of `source` [side, side] under the mask, [mask.rows, mask.columns] and 0 elsewhere, within the source
 * image's range; positions outside the source box count as 0.
 */
export function samplePatch(
  source: Uint8Array,
  side: number,
  { matrix: [a, b, c, d], offset, rows, columns }: SourceMap,
  sourceCorner: Corner,
  mask: Mask,
): Uint8Array {
  const { lowest, highest } = greyRange(source);
  const spline = cubicSpline(cutBox(source, side, { ...sourceCorner, rows, columns }), rows, columns);
  const patch = new Uint8Array(mask.data.length);
  for (let i = 0; i < patch.length; i++) {
    if (mask.data[i] === 0) continue;
    const column = i % mask.columns;
    const row = (i - column) / mask.columns;
    const sourceRow = a * row + b * column + offset[0];
    const sourceColumn = c * row + d * column + offset[1];
    const outside = sourceRow < 0 || sourceColumn < 0 || sourceRow > rows - 1 || sourceColumn > columns - 1;
    const value = outside ? 0 : toGreyLevel(sampleSpline(spline, sourceRow, sourceColumn));
    patch[i] = Math.min(Math.max(value, lowest), highest);
  }
  return patch;
}

function rotatedBox(rows: number, columns: number, angleRadians: number, scale: number): SourceMap {
  const cosine = scale * Math.cos(angleRadians);
  const sine = scale * Math.sin(angleRadians);
  const cornerRows = [0, cosine * rows, -sine * columns, cosine * rows - sine * columns];
  const cornerColumns = [0, sine * rows, cosine * columns, sine * rows + cosine * columns];
  const firstRow = Math.floor(Math.min(...cornerRows));
  const firstColumn = Math.floor(Math.min(...cornerColumns));
  return {
    matrix: [cosine, -sine, sine, cosine],
    offset: [-firstRow, -firstColumn],
    rows: Math.ceil(Math.max(...cornerRows)) - firstRow,
    columns: Math.ceil(Math.max(...cornerColumns)) - firstColumn,
  };
}
