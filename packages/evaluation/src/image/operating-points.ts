import { wilsonInterval } from '../statistics/proportion.js';
import { labelScores, rank } from './ranking.js';

/** A share with Wilson's 95 % interval; undefined where there is no image to count. */
interface ShareOfImages {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** What a threshold makes of the evaluated images: those with a score above it are called abnormal. */
export interface OperatingPoint {
  readonly threshold: number;
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  readonly trueNegatives: number;
  /** Share of the abnormal images that are called abnormal. */
  readonly sensitivity?: ShareOfImages | undefined;
  /** Share of the normal images that are called normal. */
  readonly specificity?: ShareOfImages | undefined;
}

/**
 * The operating points of scores, thresholds ascending: one for every distinct score (nothing above the highest is
 * called abnormal) and one below all of them. Of more than `most` the first and the last stay, and between them those
 * whose places are spread evenly. Throws a RangeError as `labelScores`, and for `most` below 2.
 */
export function operatingPoints(
  scores: ArrayLike<number>,
  abnormal: ArrayLike<boolean | number>,
  most = 512,
): OperatingPoint[] {
  if (!(most >= 2)) throw new RangeError(`${most} operating points are too few; give 2 at least.`);
  const labelled = labelScores(scores, abnormal);
  const { order, groupStarts } = rank(labelled.scores);
  const points: OperatingPoint[] = [];
  let [truePositives, falsePositives] = [0, 0];
  const point = (threshold: number) =>
    points.push(pointOf(threshold, truePositives, falsePositives, labelled.positives, labelled.negatives));
  for (const [group, start] of groupStarts.slice(0, -1).entries()) {
    point(labelled.scores[order[start]!]!);
    for (let i = start; i < groupStarts[group + 1]!; i++) {
      if (labelled.abnormal[order[i]!]) truePositives++;
      else falsePositives++;
    }
  }
  point(below(points.at(-1)?.threshold));
  points.reverse();
  if (points.length <= most) return points;
  return Array.from({ length: most }, (_, i) => points[Math.round((i * (points.length - 1)) / (most - 1))]!);
}

function pointOf(
  threshold: number,
  truePositives: number,
  falsePositives: number,
  positives: number,
  negatives: number,
): OperatingPoint {
  const [falseNegatives, trueNegatives] = [positives - truePositives, negatives - falsePositives];
  return {
    threshold,
    truePositives,
    falsePositives,
    falseNegatives,
    trueNegatives,
    sensitivity: shareOf(truePositives, positives),
    specificity: shareOf(trueNegatives, negatives),
  };
}

function shareOf(part: number, all: number): ShareOfImages | undefined {
  return all === 0 ? undefined : { value: part / all, ...wilsonInterval(part, all) };
}

/** A threshold that every score is above: 0 where that will do. */
function below(lowest: number | undefined): number {
  return lowest === undefined || lowest > 0 ? 0 : lowest - 1;
}
