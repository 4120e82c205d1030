import type { Resampled } from '../statistics/bootstrap.js';

/**
 * Dice of the pixels at or above one threshold that was chosen beforehand, over all images together. Counts are exact.
 */
export class ThresholdDice {
  readonly #images: { readonly hits: number; readonly sizes: number }[] = [];

  constructor(readonly threshold: number) {}

  /** Adds one image: its map and its mask (non-zero = abnormal) of the same length. */
  add(map: Float32Array, mask: Uint8Array): void {
    let [hits, sizes] = [0, 0];
    for (let i = 0; i < map.length; i++) {
      const flagged = map[i]! >= this.threshold ? 1 : 0;
      const abnormal = mask[i] === 0 ? 0 : 1;
      hits += flagged & abnormal;
      sizes += flagged + abnormal;
    }
    this.#images.push({ hits, sizes });
  }

  /**
   * Twice the overlap of flagged and abnormal pixels by the sum of both areas; image i counts `multiplicities[i]`
   * times.
   */
  value(multiplicities: ArrayLike<number>): number {
    let [hits, sizes] = [0, 0];
    this.#images.forEach((image, i) => {
      hits += multiplicities[i]! * image.hits;
      sizes += multiplicities[i]! * image.sizes;
    });
    return (2 * hits) / sizes;
  }

  /** The figure as a bootstrap resamples it. */
  resampled(strata: Resampled['strata']): Resampled {
    const once = this.#images.map(() => 1);
    return { strata, figures: [this.value(once)], evaluate: (multiplicities) => [this.value(multiplicities)] };
  }
}
