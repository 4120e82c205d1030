import type { Raster } from './raster.js';

/** Weights are integers of this many fractional bits. */
const precisionBits = 22;
const one = 2 ** precisionBits;
const half = 2 ** (precisionBits - 1);

/** For each output position the first input and the integer weights of the inputs from there on. */
interface Filter {
  readonly starts: Int32Array;
  readonly weights: readonly Int32Array[];
}

/**
 * Resizes as Pillow 9.1 does with BILINEAR: a triangle filter, widened by the reduction factor, in integer arithmetic,
 * horizontally first, rounded to 8 bits after each pass; an axis that keeps its length is left alone.
 * The rule stands in golden/preprocess/preprocess.json (`resize_rule`).
 */
export function resizeBilinear(image: Raster, width: number, height: number): Raster {
  const horizontal = image.width === width ? image : resizeRows(image, width);
  return image.height === height ? horizontal : resizeColumns(horizontal, height);
}

function triangleFilter(inputs: number, outputs: number): Filter {
  const scale = inputs / outputs;
  const support = Math.max(scale, 1);
  const starts = new Int32Array(outputs);
  const weights = Array.from({ length: outputs }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const start = Math.max(Math.trunc(centre - support + 0.5), 0);
    const end = Math.min(Math.trunc(centre + support + 0.5), inputs);
    const shares = Array.from({ length: end - start }, (_, j) =>
      Math.max(0, 1 - Math.abs(start + j - centre + 0.5) * (1 / support)),
    );
    const sum = shares.reduce((total, share) => total + share, 0);
    starts[i] = start;
    return Int32Array.from(shares, (share) => Math.trunc(0.5 + (share / sum) * one));
  });
  return { starts, weights };
}

function resizeRows({ width: inputs, height, channels, data }: Raster, width: number): Raster {
  const { starts, weights } = triangleFilter(inputs, width);
  const resized = new Uint8Array(width * height * channels);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const taps = weights[x]!;
      const first = (y * inputs + starts[x]!) * channels;
      for (let channel = 0; channel < channels; channel++) {
        let sum = half;
        for (let j = 0, from = first + channel; j < taps.length; j++, from += channels) sum += taps[j]! * data[from]!;
        resized[at++] = Math.min(sum >> precisionBits, 255);
      }
    }
  }
  return { width, height, channels, data: resized };
}

function resizeColumns({ width, height: inputs, channels, data }: Raster, height: number): Raster {
  const { starts, weights } = triangleFilter(inputs, height);
  const rowLength = width * channels;
  const resized = new Uint8Array(rowLength * height);
  let at = 0;
  for (let y = 0; y < height; y++) {
    const taps = weights[y]!;
    const first = starts[y]! * rowLength;
    for (let column = 0; column < rowLength; column++) {
      let sum = half;
      for (let j = 0, from = first + column; j < taps.length; j++, from += rowLength) sum += taps[j]! * data[from]!;
      resized[at++] = Math.min(sum >> precisionBits, 255);
    }
  }
  return { width, height, channels, data: resized };
}
