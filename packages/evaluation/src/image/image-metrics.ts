import { type Figure, type Outcome, type ThresholdFigure, type Undefined, undefinedBecause } from '../outcome.js';
import { type BootstrapOptions, bootstrapIntervals } from '../statistics/bootstrap.js';
import { RankingSweep } from '../statistics/ranking-sweep.js';
import { aurocCovariance, logitInterval, placements } from './delong.js';
import { type LabelledScores, labelScores, type Ranking, rank } from './ranking.js';

interface RocPoint {
  readonly falsePositiveRate: number;
  readonly truePositiveRate: number;
  /** Scores of this and above are predicted abnormal; null for the first point, where none is. */
  readonly threshold: number | null;
}

interface PrecisionRecallPoint {
  readonly recall: number;
  readonly precision: number;
  readonly threshold: number;
}

/** The largest sensitivity among the thresholds whose specificity is at least `specificity`. */
interface SensitivityAtSpecificity {
  readonly specificity: number;
  readonly sensitivity: ThresholdFigure;
}

export interface ImageMetrics {
  readonly normalImages: number;
  readonly abnormalImages: number;
  /** Area under the ROC curve; ties count one half; interval by DeLong on the logit scale. */
  readonly auroc: Figure;
  /** Sum over distinct thresholds of (recall step) x precision, not interpolated; interval by bootstrap. */
  readonly averagePrecision: Figure;
  /** Largest F1 over all thresholds and the highest threshold that reaches it; interval by bootstrap. */
  readonly f1Max: ThresholdFigure;
  /** At specificity 0.9 and 0.95; intervals by bootstrap, which chooses the threshold anew in every resample. */
  readonly sensitivityAtSpecificity: readonly SensitivityAtSpecificity[];
  /** From (0, 0) to (1, 1), one point per distinct score. */
  readonly roc: Outcome<{ points: readonly RocPoint[] }>;
  /** From the highest to the lowest distinct score. */
  readonly precisionRecall: Outcome<{ points: readonly PrecisionRecallPoint[] }>;
}

const targets = { specificities: [0.9, 0.95], proLimits: [] };
const defaults: BootstrapOptions = { resamples: 2000, seed: 0 };

export interface ImageMetricsOptions extends Partial<BootstrapOptions> {
  /**
   * The images' scores on a scale without ends, one per score: images are ranked by them, while thresholds remain
   * scores.
   */
  readonly logits?: ArrayLike<number> | undefined;
}

/**
 * Figures of one model's image scores (higher = more abnormal) against the labels (true or 1 = abnormal).
 * Definitions and expected values: golden/metrics/auroc.json. Images of one class only, or none, give reasons instead
 * of numbers. Throws a RangeError when lengths differ, a score is not finite or a label is not of two values.
 */
export function imageMetrics(
  scores: ArrayLike<number>,
  abnormal: ArrayLike<boolean | number>,
  { logits = scores, ...options }: ImageMetricsOptions = {},
): ImageMetrics {
  labelScores(scores, abnormal);
  const labelled = labelScores(logits, abnormal);
  const scoreOf = new Map(Array.from(labelled.scores, (logit, image) => [logit, scores[image]]));
  const asScore = (ranked: number | null) => (ranked === null ? null : (scoreOf.get(ranked) ?? ranked));
  const thresholds = (ranked: number | null) => ({
    threshold: asScore(ranked),
    ...(logits !== scores && ranked !== null && { thresholdLogit: ranked }),
  });
  const ranking = rank(labelled.scores);
  const { positives, negatives } = labelled;
  const roc: RocPoint[] = [{ falsePositiveRate: 0, truePositiveRate: 0, threshold: null }];
  const precisionRecall: PrecisionRecallPoint[] = [];
  const sweep = sweepImages(labelled, ranking, undefined, (ranked, reached) => {
    const threshold = scoreOf.get(ranked) ?? ranked;
    const { falsePositiveRate, truePositiveRate, precision } = reached;
    roc.push({ falsePositiveRate, truePositiveRate, threshold });
    precisionRecall.push({ recall: truePositiveRate, precision, threshold });
  });

  const indices = Array.from(labelled.abnormal.keys());
  const intervals = bootstrapIntervals(
    {
      strata: [0, 1].map((label) => indices.filter((i) => labelled.abnormal[i] === label)),
      figures: bootstrapped(sweep),
      evaluate: (multiplicities) => bootstrapped(sweepImages(labelled, ranking, multiplicities)),
    },
    { ...defaults, ...options },
  );
  const noPositives = whyUndefined(labelled, 'abnormal');
  const oneClass = noPositives ?? whyUndefined(labelled, 'normal');
  const [averagePrecision, f1Max, ...sensitivities] = bootstrapped(sweep);
  return {
    normalImages: negatives,
    abnormalImages: positives,
    auroc: oneClass ?? aurocFigure(labelled, sweep.auroc),
    averagePrecision: noPositives ?? { defined: true, value: averagePrecision!, interval: intervals[0]! },
    f1Max: noPositives ?? {
      defined: true,
      value: f1Max!,
      interval: intervals[1]!,
      ...thresholds(sweep.bestF1Threshold),
    },
    sensitivityAtSpecificity: targets.specificities.map((specificity, i) => ({
      specificity,
      sensitivity: oneClass ?? {
        defined: true,
        value: sensitivities[i]!,
        interval: intervals[2 + i]!,
        ...thresholds(sweep.sensitivities[i]!.threshold),
      },
    })),
    roc: oneClass ?? { defined: true, points: roc },
    precisionRecall: noPositives ?? { defined: true, points: precisionRecall },
  };
}

/**
 * The metrics of a test set as a reader may use them: with images of one class only no figure is known. By convention
 * (scikit-learn's) `imageMetrics` has an average precision and an F1 of 1 where all images are abnormal and nothing
 * could be wrong.
 */
export function withBothClasses(metrics: ImageMetrics): ImageMetrics {
  const { auroc, sensitivityAtSpecificity } = metrics;
  if (auroc.defined) return metrics;
  const sensitivities = sensitivityAtSpecificity.map(({ specificity }) => ({ specificity, sensitivity: auroc }));
  return {
    ...metrics,
    averagePrecision: auroc,
    f1Max: auroc,
    sensitivityAtSpecificity: sensitivities,
    roc: auroc,
    precisionRecall: auroc,
  };
}

/** Why a figure that needs images of `wanted` kind is undefined; nothing when there are some. */
export function whyUndefined(
  { positives, negatives }: LabelledScores,
  wanted: 'normal' | 'abnormal',
): Undefined | undefined {
  if (positives + negatives === 0) return undefinedBecause('There are no images.');
  if ((wanted === 'normal' ? negatives : positives) > 0) return undefined;
  return undefinedBecause(`There is no ${wanted} image; the figure needs at least one.`);
}

function aurocFigure(labelled: LabelledScores, auroc: number): Figure {
  const placed = placements(labelled);
  return { defined: true, value: auroc, interval: logitInterval(auroc, aurocCovariance(placed, placed)) };
}

function bootstrapped(sweep: RankingSweep): number[] {
  return [sweep.averagePrecision, sweep.bestF1, ...sweep.sensitivities.map(({ value }) => value)];
}

function sweepImages(
  { scores, abnormal, positives, negatives }: LabelledScores,
  { order, groupStarts }: Ranking,
  multiplicities?: Uint32Array,
  observe?: (threshold: number, sweep: RankingSweep) => void,
): RankingSweep {
  const sweep = new RankingSweep({ positives, negatives, regions: 0 }, targets);
  for (let group = 0; group + 1 < groupStarts.length; group++) {
    let [normalCount, abnormalCount] = [0, 0];
    for (let i = groupStarts[group]!; i < groupStarts[group + 1]!; i++) {
      const image = order[i]!;
      const times = multiplicities ? multiplicities[image]! : 1;
      if (abnormal[image]) abnormalCount += times;
      else normalCount += times;
    }
    const threshold = scores[order[groupStarts[group]!]!]!;
    sweep.step(threshold, normalCount, abnormalCount);
    observe?.(threshold, sweep);
  }
  return sweep;
}
