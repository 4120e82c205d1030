import type { Figure } from '../outcome.js';
import { aurocCovariance, logitInterval, mean, placements } from './delong.js';
import { whyUndefined } from './image-metrics.js';
import { labelScores } from './ranking.js';

/**
 * The AUROC of the images that are of the kind that the model knows: all but those that are `foreign`. The arrays have
 * an item for each image; `ranks` are logits or scores (higher = more abnormal).
 */
export function aurocWithoutForeign(
  ranks: readonly number[],
  abnormal: readonly boolean[],
  foreign: readonly boolean[],
): Figure {
  const isKin = (_: unknown, image: number) => !foreign[image];
  return imageAuroc(ranks.filter(isKin), abnormal.filter(isKin));
}

/**
 * The AUROC of scores (higher = more abnormal) with its DeLong interval; the same as that of `imageMetrics`, without
 * the other figures.
 */
export function imageAuroc(scores: ArrayLike<number>, abnormal: ArrayLike<boolean | number>): Figure {
  const labelled = labelScores(scores, abnormal);
  const missing = whyUndefined(labelled, 'abnormal') ?? whyUndefined(labelled, 'normal');
  if (missing) return missing;
  const placed = placements(labelled);
  const value = mean(placed.abnormal);
  return { defined: true, value, interval: logitInterval(value, aurocCovariance(placed, placed)) };
}
