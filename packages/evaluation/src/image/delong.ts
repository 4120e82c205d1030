import { type Interval, intervalLevel, type Outcome, undefinedBecause } from '../outcome.js';
import { normalQuantile975 } from '../statistics/normal-distribution.js';
import { type LabelledScores, rank } from './ranking.js';

/** Where each image of one class stands among the other class; the mean of either array is the AUROC. */
export interface Placements {
  /** V10: per abnormal image, the share of normal images that score lower (ties count one half). */
  readonly abnormal: Float64Array;
  /** V01: per normal image, the share of abnormal images that score higher (ties count one half). */
  readonly normal: Float64Array;
}

/**
 * Source: DeLong et al., Biometrics 44, 1988; by sorting, as in Sun and Xu, IEEE Signal Processing Letters 21, 2014.
 */
export function placements({ scores, abnormal, positives, negatives }: LabelledScores): Placements {
  const { order, groupStarts } = rank(scores);
  const placement = new Float64Array(scores.length);
  let positivesAbove = 0;
  let negativesAbove = 0;
  for (let group = 0; group + 1 < groupStarts.length; group++) {
    const images = order.subarray(groupStarts[group], groupStarts[group + 1]);
    const tiedPositives = images.reduce((count, image) => count + abnormal[image]!, 0);
    const tiedNegatives = images.length - tiedPositives;
    for (const image of images) {
      placement[image] = abnormal[image]
        ? (negatives - negativesAbove - tiedNegatives / 2) / negatives
        : (positivesAbove + tiedPositives / 2) / positives;
    }
    positivesAbove += tiedPositives;
    negativesAbove += tiedNegatives;
  }
  return {
    abnormal: placement.filter((_, image) => abnormal[image] === 1),
    normal: placement.filter((_, image) => abnormal[image] === 0),
  };
}

/**
 * Covariance of the AUROCs of two models on the same images; the variance of one when both are the same. NaN below two
 * of a class.
 */
export function aurocCovariance(a: Placements, b: Placements): number {
  return covariance(a.abnormal, b.abnormal) / a.abnormal.length + covariance(a.normal, b.normal) / a.normal.length;
}

export function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function covariance(a: Float64Array, b: Float64Array): number {
  const meanA = mean(a);
  const meanB = mean(b);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - meanA) * (b[i]! - meanB);
  return sum / (a.length - 1);
}

/**
 * DeLong's 95 % interval computed on the logit scale and transformed back (`delong_interval_95_logit`): it never leaves
 * 0 to 1 and covers better than the plain one when the AUROC is high (golden/metrics/auroc.json). Undefined when the
 * variance is 0, as at an AUROC of 0 or 1.
 */
export function logitInterval(auroc: number, variance: number): Outcome<Interval> {
  if (Number.isNaN(variance)) return tooFewForVariance;
  if (!(variance > 0)) {
    return undefinedBecause("DeLong's variance is 0 for this ranking, which does not say how sure the figure is.");
  }
  const logit = Math.log(auroc / (1 - auroc));
  const half = (normalQuantile975 * Math.sqrt(variance)) / (auroc * (1 - auroc));
  const low = logistic(logit - half);
  const high = logistic(logit + half);
  return { defined: true, low, high, level: intervalLevel, method: 'delong-logit' };
}

const tooFewForVariance = undefinedBecause(
  "DeLong's variance needs at least two normal and two abnormal images; there is only one of a kind.",
);

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
