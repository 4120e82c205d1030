import { type Figure, intervalLevel, type Outcome, undefinedBecause } from '../outcome.js';
import { normalQuantile975, twoSidedPValue } from '../statistics/normal-distribution.js';
import { aurocCovariance, logitInterval, mean, placements } from './delong.js';
import { whyUndefined } from './image-metrics.js';
import { labelScores } from './ranking.js';

/** Two models compared on the same images. */
export interface PairedDeLong {
  readonly aurocA: Figure;
  readonly aurocB: Figure;
  /** AUROC of A minus AUROC of B, within -1 and 1. */
  readonly difference: Figure;
  /** Two-sided test of "both AUROCs are equal": difference / standard error and its normal p-value. */
  readonly test: Outcome<{ z: number; pValue: number; standardError: number }>;
}

/**
 * DeLong's test for two correlated AUROCs: `scoresA[i]` and `scoresB[i]` belong to image i, whose label is
 * `abnormal[i]`. Source: DeLong et al., Biometrics 44, 1988. Throws a RangeError for unequal lengths, scores that are
 * not finite, other labels.
 */
export function compareModels(
  scoresA: ArrayLike<number>,
  scoresB: ArrayLike<number>,
  abnormal: ArrayLike<boolean | number>,
): PairedDeLong {
  const labelled = labelScores(scoresA, abnormal);
  const a = placements(labelled);
  const b = placements(labelScores(scoresB, abnormal));
  const oneClass = whyUndefined(labelled, 'abnormal') ?? whyUndefined(labelled, 'normal');
  if (oneClass) return { aurocA: oneClass, aurocB: oneClass, difference: oneClass, test: oneClass };

  const [aurocA, aurocB] = [mean(a.abnormal), mean(b.abnormal)];
  const [varianceA, varianceB] = [aurocCovariance(a, a), aurocCovariance(b, b)];
  const variance = varianceA + varianceB - 2 * aurocCovariance(a, b);
  const difference = aurocA - aurocB;
  const figures = {
    aurocA: { defined: true, value: aurocA, interval: logitInterval(aurocA, varianceA) },
    aurocB: { defined: true, value: aurocB, interval: logitInterval(aurocB, varianceB) },
  } as const;
  const noTest = whyNoTest(variance, varianceA + varianceB);
  if (noTest) {
    const untested = undefinedBecause(noTest);
    return { ...figures, difference: { defined: true, value: difference, interval: untested }, test: untested };
  }

  const standardError = Math.sqrt(variance);
  const z = difference / standardError;
  const half = normalQuantile975 * standardError;
  const low = Math.max(-1, difference - half);
  const high = Math.min(1, difference + half);
  return {
    ...figures,
    difference: {
      defined: true,
      value: difference,
      interval: { defined: true, low, high, level: intervalLevel, method: 'delong' },
    },
    test: { defined: true, z, pValue: twoSidedPValue(z), standardError },
  };
}

const rounding = 1e-12;

function whyNoTest(variance: number, largestVariance: number): string | undefined {
  if (Number.isNaN(variance)) return 'The test needs at least two normal and two abnormal images.';
  if (variance <= rounding * largestVariance) {
    return "DeLong's variance of the difference is 0: both models place every image alike among the other class.";
  }
  return undefined;
}
