import type { Calibration, Model } from '@mediclip/contracts';
import { conformalPValue, conformalThreshold } from '../calibration/conformal.js';
import { type GroupMember, type GroupScore, groupScores } from './group-scores.js';

type GroupCalibration = NonNullable<Calibration['groups']>;

/**
 * The split-conformal calibration of groups from the scores of normal images: groups, and not their images, are what
 * new ones are exchangeable with. Undefined where no image has a group. Without a threshold where there are too few
 * groups for `alpha`. Source: Lee, Barber and Willett, "Distribution-free inference with hierarchical data", 2023,
 * which tells why images of groups give no threshold for images.
 */
export function calibrateGroups(
  normal: readonly GroupMember[],
  { alpha, highest }: { readonly alpha: number; readonly highest: number },
): GroupCalibration | undefined {
  if (normal.every(({ group }) => group === undefined)) return undefined;
  const groups = groupScores(normal, highest);
  const scores = groups.map(({ score }) => score).sort(ascending);
  const logits = groups.flatMap(({ logit }) => logit ?? []).sort(ascending);
  const hasLogits = logits.length === groups.length;
  return thresholdsAt({ highest, count: groups.length, scores, ...(hasLogits && { scoreLogits: logits }) }, alpha);
}

/** The same groups at another alpha. */
export function thresholdsAt(
  { threshold: _, thresholdLogit: __, ...groups }: GroupCalibration,
  alpha: number,
): GroupCalibration {
  const threshold = conformalThreshold(groups.scores, alpha);
  const ofLogits = groups.scoreLogits && conformalThreshold(groups.scoreLogits, alpha);
  return {
    ...groups,
    ...(threshold.defined && { threshold: threshold.value }),
    ...(ofLogits?.defined && { thresholdLogit: ofLogits.value }),
  };
}

/**
 * What a calibration says of a group whose score is the mean of as many images: its p-value, and the decision where
 * there were enough groups for alpha.
 */
export function decideGroup(
  { score, logit }: Pick<GroupScore<GroupMember>, 'score' | 'logit'>,
  { scores, scoreLogits, threshold, thresholdLogit }: GroupCalibration,
): { readonly pValue: number; readonly decision?: 'normal' | 'abnormal' } {
  const byLogit = logit !== undefined && scoreLogits !== undefined;
  const [value, known, limit] = byLogit ? [logit, scoreLogits, thresholdLogit] : [score, scores, threshold];
  return {
    pValue: conformalPValue(known, value),
    ...(limit !== undefined && { decision: value > limit ? ('abnormal' as const) : ('normal' as const) }),
  };
}

/** What the alpha of a calibration with groups is a promise of, in a sentence; undefined of one without groups. */
export function groupPromise(calibration: Model['calibration']): string | undefined {
  if (!calibration?.groups) return undefined;
  const { alpha, images, groups } = calibration;
  const share = `${Number((100 * alpha).toPrecision(3))} %`;
  const from = `The ${images} calibration images are of ${groups.count} groups (patients, studies, series or volumes)`;
  const ofImages = 'Of single images nothing is promised, because images of one group are alike.';
  if (groups.threshold === undefined) {
    const needed = conformalThreshold([], alpha);
    const least = needed.defined ? groups.count : needed.neededImages;
    return `${from}, too few to promise anything for alpha = ${alpha}: that takes ${least} groups. ${ofImages}`;
  }
  return `${from}: at most ${share} of new normal groups are called abnormal, each by the mean of its ${groups.highest} highest scores. ${ofImages}`;
}

const ascending = (a: number, b: number): number => a - b;
