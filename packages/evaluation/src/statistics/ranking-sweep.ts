/**
 * How many examples of each class a sweep will see; `regions` is the number of ground-truth regions (pixel level only).
 */
export interface ClassTotals {
  readonly negatives: number;
  readonly positives: number;
  readonly regions: number;
}

export interface SweepTargets {
  /** Specificities at which the sensitivity is wanted. */
  readonly specificities: readonly number[];
  /** False-positive rates up to which the area under the per-region overlap is wanted. */
  readonly proLimits: readonly number[];
}

const countingSlack = 1e-9;

/**
 * Lowers a threshold over all scores and gathers every figure that depends on the ranking alone. `step` is called once
 * for each distinct score, from high to low: examples with equal scores enter together. Definitions:
 * golden/metrics/auroc.json, pixel.json. Figures are NaN where a class that they need is empty.
 */
export class RankingSweep {
  bestF1 = Number.NaN;
  bestF1Threshold = Number.NaN;
  readonly sensitivities: { value: number; specificity: number; threshold: number | null }[];
  readonly #allowedFalsePositives: number[];
  readonly #proAreas: number[];
  readonly #proUncertainties: number[];
  #truePositives = 0;
  #falsePositives = 0;
  #overlap = 0;
  #orderedPairs = 0;
  #tiedPairs = 0;
  #precisionSum = 0;
  #precisionUncertainty = 0;
  #f1UpperBound = 0;

  constructor(
    readonly totals: ClassTotals,
    readonly targets: SweepTargets = { specificities: [], proLimits: [] },
  ) {
    const { negatives, positives } = totals;
    const known = negatives > 0 && positives > 0;
    this.sensitivities = targets.specificities.map(() => ({
      value: known ? 0 : Number.NaN,
      specificity: known ? 1 : Number.NaN,
      threshold: null,
    }));
    this.#allowedFalsePositives = targets.specificities.map((s) => Math.floor(negatives * (1 - s) + countingSlack));
    this.#proAreas = targets.proLimits.map(() => 0);
    this.#proUncertainties = targets.proLimits.map(() => 0);
  }

  /** `overlap` is the sum, over the positives of this step, of 1 / (size of the positive's region). */
  step(threshold: number, negatives: number, positives: number, overlap = 0): void {
    const falsePositivesBefore = this.#falsePositives;
    const truePositivesBefore = this.#truePositives;
    this.#falsePositives += negatives;
    this.#truePositives += positives;
    this.#orderedPairs += negatives * truePositivesBefore;
    this.#tiedPairs += negatives * positives;
    if (this.totals.regions > 0) this.#extendPro(falsePositivesBefore, overlap);
    this.#overlap += overlap;
    if (positives === 0) return;

    const truePositives = this.#truePositives;
    const falsePositives = this.#falsePositives;
    const precision = truePositives / (truePositives + falsePositives);
    this.#precisionSum += positives * precision;
    const highestPrecision = truePositives / (truePositives + falsePositivesBefore);
    const lowestPrecision = (truePositivesBefore + 1) / (truePositivesBefore + 1 + falsePositives);
    this.#precisionUncertainty += positives * (highestPrecision - lowestPrecision);
    const f1 = (2 * truePositives) / (truePositives + falsePositives + this.totals.positives);
    if (!(f1 <= this.bestF1)) {
      this.bestF1 = f1;
      this.bestF1Threshold = threshold;
    }
    const f1Bound = (2 * truePositives) / (truePositives + falsePositivesBefore + this.totals.positives);
    if (f1Bound > this.#f1UpperBound) this.#f1UpperBound = f1Bound;
    if (this.totals.negatives > 0) this.#raiseSensitivities(threshold);
  }

  /** Share of (positive, negative) pairs in the right order, ties count one half. */
  get auroc(): number {
    return (this.#orderedPairs + this.#tiedPairs / 2) / (this.totals.negatives * this.totals.positives);
  }

  get averagePrecision(): number {
    return this.#precisionSum / this.totals.positives;
  }

  /** Area under the mean per-region overlap up to each limit of `targets.proLimits`, divided by the limit. */
  get aupro(): number[] {
    const { negatives, regions } = this.totals;
    return this.#proAreas.map((area, i) =>
      negatives > 0 && regions > 0 ? Math.min(1, area / this.targets.proLimits[i]!) : Number.NaN,
    );
  }

  /** How far each figure can at most be from its value if the examples of one step did not really have equal scores. */
  get uncertainty(): { auroc: number; averagePrecision: number; bestF1: number; aupro: number[] } {
    return {
      auroc: this.#tiedPairs / 2 / (this.totals.negatives * this.totals.positives),
      averagePrecision: this.#precisionUncertainty / this.totals.positives,
      bestF1: this.#f1UpperBound - this.bestF1,
      aupro: this.#proUncertainties.map((area, i) => area / this.targets.proLimits[i]!),
    };
  }

  get truePositiveRate(): number {
    return this.#truePositives / this.totals.positives;
  }

  get falsePositiveRate(): number {
    return this.#falsePositives / this.totals.negatives;
  }

  get precision(): number {
    return this.#truePositives / (this.#truePositives + this.#falsePositives);
  }

  get perRegionOverlap(): number {
    return this.#overlap / this.totals.regions;
  }

  #extendPro(falsePositivesBefore: number, overlap: number): void {
    const { negatives, regions } = this.totals;
    const start = falsePositivesBefore / negatives;
    const end = this.#falsePositives / negatives;
    const width = end - start;
    if (!(width > 0)) return;
    const heightAtStart = this.#overlap / regions;
    const rise = overlap / regions;
    for (let i = 0; i < this.#proAreas.length; i++) {
      const covered = Math.min(end, this.targets.proLimits[i]!) - start;
      if (covered <= 0) continue;
      this.#proAreas[i]! += covered * (heightAtStart + (rise * covered) / width / 2);
      this.#proUncertainties[i]! += covered * rise;
    }
  }

  #raiseSensitivities(threshold: number): void {
    for (let i = 0; i < this.sensitivities.length; i++) {
      if (this.#falsePositives > this.#allowedFalsePositives[i]!) continue;
      const sensitivity = this.sensitivities[i]!;
      sensitivity.value = this.truePositiveRate;
      sensitivity.specificity = 1 - this.falsePositiveRate;
      sensitivity.threshold = threshold;
    }
  }
}
