import type { Label } from '@mediclip/contracts';

export interface LabelledScore {
  readonly label: Label;
  readonly score: number;
}

/** A share with its 95 % interval. */
interface Share {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** What a threshold makes of labelled pictures. */
export interface ThresholdCounts {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  readonly trueNegatives: number;
  /** `undefined` without abnormal pictures. */
  readonly sensitivity: Share | undefined;
  /** `undefined` without normal pictures. */
  readonly specificity: Share | undefined;
}

/**
 * The four counts when scores above `threshold` are called abnormal, as `GET /v1/evaluations/{id}/operating-points` has
 * them.
 */
export function countsAt(threshold: number, scores: readonly LabelledScore[]): ThresholdCounts {
  const among = (label: Label, isAbove: boolean) =>
    scores.filter((image) => image.label === label && image.score > threshold === isAbove).length;
  const truePositives = among('abnormal', true);
  const falseNegatives = among('abnormal', false);
  const falsePositives = among('normal', true);
  const trueNegatives = among('normal', false);
  return {
    truePositives,
    falsePositives,
    falseNegatives,
    trueNegatives,
    sensitivity: wilson(truePositives, truePositives + falseNegatives),
    specificity: wilson(trueNegatives, trueNegatives + falsePositives),
  };
}

/** The 97.5 % quantile of the normal distribution. */
const z = 1.959963984540054;

/** Wilson's 95 % interval of a share (Wilson 1927); `undefined` of nothing. */
function wilson(hits: number, of: number): Share | undefined {
  if (of === 0) return undefined;
  const value = hits / of;
  const centre = (value + z ** 2 / (2 * of)) / (1 + z ** 2 / of);
  const half = (z / (1 + z ** 2 / of)) * Math.sqrt((value * (1 - value)) / of + z ** 2 / (4 * of ** 2));
  return { value, low: hits === 0 ? 0 : centre - half, high: hits === of ? 1 : centre + half };
}
