import type { RankingSweep } from '../statistics/ranking-sweep.js';
import { SampledCurve } from './sampled-curve.js';

const hundredths = Array.from({ length: 101 }, (_, i) => i / 100);
const RATES = [0, ...Array.from({ length: 9 }, (_, i) => (i + 1) / 1000), ...hundredths.slice(1)];

/** Curves over all pixels, at false-positive rates 0, 0.001 to 0.01, 0.02 to 1 and at recalls 0, 0.01 to 1. */
export interface PixelCurves {
  readonly roc: readonly { readonly falsePositiveRate: number; readonly truePositiveRate: number }[];
  readonly perRegionOverlap: readonly { readonly falsePositiveRate: number; readonly overlap: number }[];
  /** The precision where the recall is first reached as the threshold falls. */
  readonly precisionRecall: readonly { readonly recall: number; readonly precision: number }[];
}

/** Follows a sweep over pixels of both classes. */
export class PixelCurveRecorder {
  readonly #roc = new SampledCurve(RATES);
  readonly #overlap = new SampledCurve(RATES);
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
      roc: RATES.map((falsePositiveRate, i) => ({ falsePositiveRate, truePositiveRate: roc[i]! })),
      perRegionOverlap: RATES.map((falsePositiveRate, i) => ({ falsePositiveRate, overlap: Math.min(1, overlap[i]!) })),
      precisionRecall: this.#precisions.map((precision, i) => ({ recall: hundredths[i]!, precision })),
    };
  }
}
