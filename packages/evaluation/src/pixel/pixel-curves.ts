import type { RankingSweep } from '../statistics/ranking-sweep.js';

const hundredths = Array.from({ length: 101 }, (_, i) => i / 100);
const rates = [0, ...Array.from({ length: 9 }, (_, i) => (i + 1) / 1000), ...hundredths.slice(1)];

/** Curves over all pixels, at false-positive rates 0, 0.001 to 0.01, 0.02 to 1 and at recalls 0, 0.01 to 1. */
export interface PixelCurves {
  readonly roc: readonly { readonly falsePositiveRate: number; readonly truePositiveRate: number }[];
  readonly perRegionOverlap: readonly { readonly falsePositiveRate: number; readonly overlap: number }[];
  /** The precision where the recall is first reached as the threshold falls. */
  readonly precisionRecall: readonly { readonly recall: number; readonly precision: number }[];
}

/** Follows a sweep over pixels of both classes and keeps its curves at fixed places only. */
export class PixelCurveRecorder {
  readonly #roc = new SampledCurve(rates);
  readonly #overlap = new SampledCurve(rates);
  readonly #precisions: number[] = [];

  step({ falsePositiveRate, truePositiveRate, perRegionOverlap, precision }: RankingSweep): void {
    this.#roc.step(falsePositiveRate, truePositiveRate);
    this.#overlap.step(falsePositiveRate, perRegionOverlap);
    while (this.#precisions.length < hundredths.length && hundredths[this.#precisions.length]! <= truePositiveRate) {
      this.#precisions.push(precision);
    }
  }

  curves(): PixelCurves {
    const roc = this.#roc.finish();
    const overlap = this.#overlap.finish();
    return {
      roc: rates.map((falsePositiveRate, i) => ({ falsePositiveRate, truePositiveRate: roc[i]! })),
      perRegionOverlap: rates.map((falsePositiveRate, i) => ({ falsePositiveRate, overlap: Math.min(1, overlap[i]!) })),
      precisionRecall: this.#precisions.map((precision, i) => ({ recall: hundredths[i]!, precision })),
    };
  }
}

/** A rising curve y(x) that is given point by point and kept at fixed places, linearly interpolated. */
class SampledCurve {
  readonly #values: number[] = [];
  #x = 0;
  #y = 0;

  /** `places` ascend from 0 to 1. The curve starts at (0, 0). */
  constructor(readonly places: readonly number[]) {}

  /** The next point; `x` never falls. Where the curve rises vertically the highest point counts. */
  step(x: number, y: number): void {
    while (this.#values.length < this.places.length && this.places[this.#values.length]! < x) {
      const share = (this.places[this.#values.length]! - this.#x) / (x - this.#x);
      this.#values.push(this.#y + share * (y - this.#y));
    }
    this.#x = x;
    this.#y = y;
  }

  /** Fills the places that are left with the last point and returns all values. */
  finish(): readonly number[] {
    while (this.#values.length < this.places.length) this.#values.push(this.#y);
    return this.#values;
  }
}
