import type { Raster } from './raster.js';

/** Weights are integers of this many fractional bits. */
const precisionBits = 22;
const one = 2 ** precisionBits;
const half = 2 ** (precisionBits - 1);

/**
 * For each output position the first input, and where its weights begin in `weights`; they end where those of the next
 * position begin.
 */
interface Filter {
  readonly starts: Int32Array;
  readonly offsets: Int32Array;
  readonly weights: Int32Array;
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
  const offsets = new Int32Array(outputs + 1);
  const weights: number[] = [];
  for (let i = 0; i < outputs; i++) {
    const centre = (i + 0.5) * scale;
    const start = Math.max(Math.trunc(centre - support + 0.5), 0);
    const end = Math.min(Math.trunc(centre + support + 0.5), inputs);
    const shares: number[] = [];
    let sum = 0;
    for (let at = start; at < end; at++) {
      const share = Math.max(0, 1 - Math.abs(at - centre + 0.5) * (1 / support));
      shares.push(share);
      sum += share;
    }
    for (const share of shares) weights.push(Math.trunc(0.5 + (share / sum) * one));
    starts[i] = start;
    offsets[i + 1] = weights.length;
  }
  return { starts, offsets, weights: Int32Array.from(weights) };
}

function resizeRows({ width: inputs, height, channels, data }: Raster, width: number): Raster {
  const { starts, offsets, weights } = triangleFilter(inputs, width);
  const resized = new Uint8Array(width * height * channels);
  const lines = linesAtOnce(height);
  const [from, to] = [inputs * channels, width * channels].map((length) => length * lines.apart) as [number, number];
  const strides = { from, to, tap: channels };
  for (let group = 0; group < height; group += lines.step) {
    const y = Math.min(group, lines.last);
    for (let x = 0; x < width; x++) {
      const first = (y * inputs + starts[x]!) * channels;
      const at = (y * width + x) * channels;
      for (let channel = 0; channel < channels; channel++) {
        weighFour(data, first + channel, resized, at + channel, strides, weights, offsets[x]!, offsets[x + 1]!);
      }
    }
  }
  return { width, height, channels, data: resized };
}

function resizeColumns({ width, height: inputs, channels, data }: Raster, height: number): Raster {
  const { starts, offsets, weights } = triangleFilter(inputs, height);
  const rowLength = width * channels;
  const resized = new Uint8Array(rowLength * height);
  const lines = linesAtOnce(rowLength);
  const strides = { from: lines.apart, to: lines.apart, tap: rowLength };
  for (let y = 0; y < height; y++) {
    const [first, at] = [starts[y]! * rowLength, y * rowLength];
    for (let group = 0; group < rowLength; group += lines.step) {
      const column = Math.min(group, lines.last);
      weighFour(data, first + column, resized, at + column, strides, weights, offsets[y]!, offsets[y + 1]!);
    }
  }
  return { width, height, channels, data: resized };
}

/**
 * How `count` lines are taken four at a time: the last four may have some that were done before; of fewer than four,
 * each is taken as four that lie in one place.
 */
function linesAtOnce(count: number): { readonly step: number; readonly last: number; readonly apart: 0 | 1 } {
  return count < 4 ? { step: 1, last: count - 1, apart: 0 } : { step: 4, last: count - 4, apart: 1 };
}

/**
 * The weighted sums of four lines: each weight is read once for all of them, and every number is a 32-bit integer, in
 * which V8 computes without checks. No sum passes 32 bits, and no result 255: the weights of a position are 2^22
 * together but for half a unit of rounding each.
 */
function weighFour(
  data: Uint8Array,
  first: number,
  resized: Uint8Array,
  at: number,
  strides: { readonly from: number; readonly to: number; readonly tap: number },
  weights: Int32Array,
  begin: number,
  end: number,
): void {
  const { from, to, tap } = strides;
  let a = half;
  let b = half;
  let c = half;
  let d = half;
  let place = first;
  for (let j = begin; j < end; j++) {
    const weight = weights[j]!;
    a = (a + Math.imul(weight, data[place]!)) | 0;
    b = (b + Math.imul(weight, data[(place + from) | 0]!)) | 0;
    c = (c + Math.imul(weight, data[(place + 2 * from) | 0]!)) | 0;
    d = (d + Math.imul(weight, data[(place + 3 * from) | 0]!)) | 0;
    place = (place + tap) | 0;
  }
  resized[at] = a >> precisionBits;
  resized[at + to] = b >> precisionBits;
  resized[at + 2 * to] = c >> precisionBits;
  resized[at + 3 * to] = d >> precisionBits;
}
