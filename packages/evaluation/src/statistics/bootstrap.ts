import { RandomStream } from '@mediclip/synthesis';
import { type Interval, intervalLevel, type Outcome, undefinedBecause } from '../outcome.js';

export interface BootstrapOptions {
  /** Number of resamples. */
  readonly resamples: number;
  /** Equal seeds and equal images give equal intervals. */
  readonly seed: number;
}

/**
 * What is resampled: images, in strata that keep their sizes (the normal ones and the abnormal ones), and their
 * figures.
 */
export interface Resampled {
  readonly strata: readonly (readonly number[])[];
  /** The figures themselves, computed over every image once. */
  readonly figures: readonly number[];
  /** The same figures when image i counts `multiplicities[i]` times. NaN where a resample does not define one. */
  readonly evaluate: (multiplicities: Uint32Array) => readonly number[];
}

/**
 * Percentile intervals by resampling whole images with replacement within each stratum. A figure whose `evaluate` works
 * on rounded scores has a constant error, which is measured once and subtracted from every resample. An interval always
 * contains its figure and stays within 0 and 1. Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993,
 * chapter 13.
 */
export function bootstrapIntervals(
  { strata, figures, evaluate }: Resampled,
  { resamples, seed }: BootstrapOptions,
): Outcome<Interval>[] {
  const reason = whyNoBootstrap(strata, resamples);
  if (reason) return figures.map(() => undefinedBecause(reason));

  const multiplicities = new Uint32Array(strata.reduce((count, stratum) => count + stratum.length, 0));
  const centre = evaluate(multiplicities.fill(1));
  const replicates = figures.map(() => new Float64Array(resamples));
  for (let resample = 0; resample < resamples; resample++) {
    const random = new RandomStream(seed, resample, 0);
    multiplicities.fill(0);
    for (const stratum of strata) {
      for (let draw = 0; draw < stratum.length; draw++) multiplicities[stratum[random.integer(0, stratum.length)]!]!++;
    }
    const values = evaluate(multiplicities);
    for (let i = 0; i < figures.length; i++) replicates[i]![resample] = values[i]! + figures[i]! - centre[i]!;
  }
  return figures.map((figure, i) => percentileInterval(figure, replicates[i]!));
}

function whyNoBootstrap(strata: Resampled['strata'], resamples: number): string | undefined {
  if (!Number.isInteger(resamples) || resamples < 0) {
    throw new RangeError(`The number of resamples is ${resamples}; give a whole number of 0 or more.`);
  }
  if (resamples === 0) return 'No interval was asked for (0 resamples).';
  if (strata.some((stratum) => stratum.length === 1)) {
    return 'An interval needs at least two normal and two abnormal images; there is only one of a kind.';
  }
  return undefined;
}

function percentileInterval(figure: number, replicates: Float64Array): Outcome<Interval> {
  const sorted = replicates.filter((value) => !Number.isNaN(value)).sort();
  if (sorted.length < replicates.length / 2) {
    return undefinedBecause('Most resamples of the images do not define the figure; more images are needed.');
  }
  const tail = (1 - intervalLevel) / 2;
  const low = Math.max(0, Math.min(figure, quantile(sorted, tail)));
  const high = Math.min(1, Math.max(figure, quantile(sorted, 1 - tail)));
  if (low === high) {
    return undefinedBecause('Every resample of the images gives the same figure, which does not say how sure it is.');
  }
  return { defined: true, low, high, level: intervalLevel, method: 'bootstrap' };
}

function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}
