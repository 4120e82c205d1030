import type { Raster } from '../resize/raster.js';

/** Trivial measures of a grey image. */
export interface GreyMeasures {
  /** Mean grey, 0 to 255. */
  readonly mean: number;
  /** Standard deviation of the greys. */
  readonly deviation: number;
  /** Standard deviation of the Laplacian (4 neighbours), grey levels. */
  readonly sharpness: number;
  /** Share of the image that lies outside the box around all that is not black. */
  readonly blackBorder: number;
  /** Share of hard steps between neighbours along the edge of the image: burnt-in text, rulers, frames. */
  readonly edgeMarks: number;
}

/** A grey up to this is black. */
const blackUpTo = 16;
/** A row or a column with no more than this share of other greys is black. */
const specksShare = 0.01;
/** Grey levels between two neighbours that make a hard step, as letters and lines have them. */
const hardStep = 96;
/** Width of the edge, as a share of the side. */
const edgeShare = 1 / 8;

export function measureGreys(image: Raster): GreyMeasures {
  return { ...moments(image.data), sharpness: sharpness(image), ...borders(image) };
}

function moments(data: Uint8Array): Pick<GreyMeasures, 'mean' | 'deviation'> {
  let sum = 0;
  let squares = 0;
  for (const value of data) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / data.length;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / data.length - mean * mean)) };
}

function sharpness({ width, height, data }: Raster): number {
  let sum = 0;
  let squares = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1, i = y * width + 1; x < width - 1; x++, i++) {
      const value = 4 * data[i]! - data[i - 1]! - data[i + 1]! - data[i - width]! - data[i + width]!;
      sum += value;
      squares += value * value;
    }
  }
  const count = Math.max(1, (width - 2) * (height - 2));
  return Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
}

function borders({ width, height, data }: Raster): Pick<GreyMeasures, 'blackBorder' | 'edgeMarks'> {
  const rows = new Uint32Array(height);
  const columns = new Uint32Array(width);
  const [edgeX, edgeY] = [Math.ceil(width * edgeShare), Math.ceil(height * edgeShare)];
  let steps = 0;
  let places = 0;
  for (let y = 0, i = 0; y < height; y++) {
    const isEdgeRow = y < edgeY || y >= height - edgeY;
    for (let x = 0; x < width; x++, i++) {
      if (data[i]! > blackUpTo) {
        rows[y]! += 1;
        columns[x]! += 1;
      }
      if (x > 0 && (isEdgeRow || x < edgeX || x >= width - edgeX)) {
        places++;
        if (Math.abs(data[i]! - data[i - 1]!) > hardStep) steps++;
      }
    }
  }
  const box = extent(rows, width * specksShare) * extent(columns, height * specksShare);
  return { blackBorder: 1 - box / (width * height), edgeMarks: places === 0 ? 0 : steps / places };
}

/** From the first to the last line that has more than `most` pixels that are not black. */
function extent(lines: Uint32Array, most: number): number {
  const first = lines.findIndex((count) => count > most);
  return first < 0 ? 0 : lines.findLastIndex((count) => count > most) - first + 1;
}
