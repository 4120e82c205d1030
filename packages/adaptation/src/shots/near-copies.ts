/** Pixels of a picture: [height, width, channels], 8 bits, of one or three channels. */
export interface PictureData {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** What two pictures are compared by: their means over a coarse grid of cells, channels apart. */
export interface PictureSignature {
  /** [cells * cells * channels]. */
  readonly means: Float32Array;
  /** The same over a grid of `coarseCells`: two pictures differ by at least as much as these do. */
  readonly coarseMeans: Float32Array;
  /** Standard deviation of `means` about each channel's own mean, at least `leastContrast`; grey levels. */
  readonly contrast: number;
}

const cells = 32;
const coarseCells = 4;
/** Grey levels. Below it a picture is empty, and what differs is noise. */
const leastContrast = 2;

/**
 * Up to this relative difference two pictures are near copies: the same frame compressed anew, neighbouring frames of a
 * film, neighbouring slices, a shift by a pixel. Measured: most such copies differ by less (some pictures shifted by a
 * pixel by up to 0.25), pictures of different people by 0.27 at least (`docs/accuracy.md`).
 */
export const nearCopyDifference = 0.15;

/**
 * Up to this one they are too much alike to tell what is usual among normal pictures: frames or slices some way apart.
 */
export const relatedDifference = 0.25;

/** The signature of a picture of any size. */
export function pictureSignature({ width, height, data }: PictureData): PictureSignature {
  const channels = data.length / (width * height);
  const means = cellMeans({ width, height, channels, data }, cells);
  const coarseMeans = cellMeans({ width: cells, height: cells, channels, data: means }, coarseCells);
  return { means, coarseMeans, contrast: Math.max(leastContrast, deviation(means, channels)) };
}

/**
 * How much two pictures differ on a grid of 32 x 32 cells: the root of the mean squared difference of their cells'
 * means, divided by the pictures' contrast (geometric mean of both). 0 for equal ones, about 1.4 for unrelated ones,
 * Infinity for grey and coloured.
 */
export function relativeDifference(a: PictureSignature, b: PictureSignature): number {
  if (a.means.length !== b.means.length) return Number.POSITIVE_INFINITY;
  return rootMeanSquare(a.means, b.means) / Math.sqrt(a.contrast * b.contrast);
}

/**
 * Whether two pictures differ by at most `most`; the same as by `relativeDifference`, and sooner for most that do not.
 */
export function differAtMost(a: PictureSignature, b: PictureSignature, most: number): boolean {
  if (a.means.length !== b.means.length) return false;
  const scale = Math.sqrt(a.contrast * b.contrast);
  if (rootMeanSquare(a.coarseMeans, b.coarseMeans) > most * scale) return false;
  return rootMeanSquare(a.means, b.means) <= most * scale;
}

interface Raster {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: ArrayLike<number>;
}

/**
 * Means over `count` x `count` cells of a raster, [count, count, channels]. A pixel belongs to one cell; small rasters
 * repeat pixels.
 */
function cellMeans({ width, height, channels, data }: Raster, count: number): Float32Array {
  const means = new Float32Array(count * count * channels);
  const edges = (length: number) =>
    Array.from({ length: count }, (_, cell) => {
      const start = Math.floor((cell * length) / count);
      return [start, Math.max(start + 1, Math.floor(((cell + 1) * length) / count))] as const;
    });
  const [rows, columns] = [edges(height), edges(width)];
  for (const [cellRow, [top, bottom]] of rows.entries()) {
    for (const [cellColumn, [left, right]] of columns.entries()) {
      const cell = (cellRow * count + cellColumn) * channels;
      for (let y = top; y < bottom; y++) {
        for (let i = (y * width + left) * channels; i < (y * width + right) * channels; i++) {
          means[cell + (i % channels)]! += data[i]!;
        }
      }
      const pixels = (bottom - top) * (right - left);
      for (let channel = 0; channel < channels; channel++) means[cell + channel]! /= pixels;
    }
  }
  return means;
}

function deviation(means: Float32Array, channels: number): number {
  const centres = new Float64Array(channels);
  for (const [i, value] of means.entries()) centres[i % channels]! += (value * channels) / means.length;
  let sum = 0;
  for (const [i, value] of means.entries()) sum += (value - centres[i % channels]!) ** 2;
  return Math.sqrt(sum / means.length);
}

function rootMeanSquare(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(sum / a.length);
}
