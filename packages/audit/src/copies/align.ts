import { inPlace, type Placement, type ThumbnailPicture, warped } from './warp.js';

/** Share of each side that is not compared at the edges, where one of the pictures may have been cut or filled. */
const margin = 0.1;

/** The middle of a picture, without its mean and with norm 1: what another one is compared with. */
export class ComparedPicture {
  readonly #side: number;
  readonly #middle: Float32Array;

  /** `side` places along each side are compared. */
  constructor(picture: ThumbnailPicture, side: number) {
    this.#side = side;
    this.#middle = normalised(middleOf(warped(picture, inPlace, side), side));
  }

  /** The correlation with a placed picture, -1 to 1. */
  correlation(other: ThumbnailPicture, placement: Placement): number {
    return dot(this.#middle, normalised(middleOf(warped(other, placement, this.#side), this.#side)));
  }

  /**
   * The other picture laid ever better over this one from `start` on, with steps of these sizes one after the other.
   */
  aligned(other: ThumbnailPicture, start: Placement, sizes: readonly number[]): Alignment {
    const best = { placement: start, correlation: this.correlation(other, start) };
    for (const size of sizes) this.#improve(best, other, size);
    return best;
  }

  /** Takes steps of one size for as long as one of them helps. */
  #improve(best: { placement: Placement; correlation: number }, other: ThumbnailPicture, size: number): void {
    for (let sweep = 0; sweep < mostSweeps; sweep++) {
      const before = best.correlation;
      for (const [field, width] of steps) {
        for (const direction of [size, -size]) {
          const placement = { ...best.placement, [field]: best.placement[field] + direction * width };
          const correlation = this.correlation(other, placement);
          if (correlation > best.correlation) Object.assign(best, { placement, correlation });
        }
      }
      if (best.correlation - before < leastGain) return;
    }
  }
}

/** How a picture lies over another one, and how well. */
export interface Alignment {
  readonly placement: Placement;
  readonly correlation: number;
}

const steps = [
  ['shiftX', 0.02],
  ['shiftY', 0.02],
  ['angleRadians', 0.03],
  ['scaleX', 0.02],
  ['scaleY', 0.02],
] as const;
const mostSweeps = 4;
const leastGain = 1e-3;

function middleOf(greys: Float32Array, side: number): Float32Array {
  const first = Math.round(side * margin);
  const length = side - 2 * first;
  const middle = new Float32Array(length * length);
  for (let row = 0; row < length; row++) {
    const from = (row + first) * side + first;
    middle.set(greys.subarray(from, from + length), row * length);
  }
  return middle;
}

/** Zeros for a picture of one grey, which is like nothing. */
function normalised(values: Float32Array): Float32Array {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    sum += values[i]!;
    squares += values[i]! * values[i]!;
  }
  const mean = sum / values.length;
  const variance = squares / values.length - mean * mean;
  const scale = variance > 1e-3 ? 1 / Math.sqrt(variance * values.length) : 0;
  for (let i = 0; i < values.length; i++) values[i] = (values[i]! - mean) * scale;
  return values;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
