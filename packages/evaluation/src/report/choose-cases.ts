import { labelScores, rank } from '../image/ranking.js';

/**
 * Best cases: abnormal images with the highest scores and normal ones with the lowest; worst cases: the other way
 * round.
 */
export type CaseGroup = 'missed' | 'falseAlarm' | 'found' | 'clear';

export interface CaseChoice {
  readonly group: CaseGroup;
  /** Position of the image in the arrays that were given. */
  readonly index: number;
}

const casesPerGroup = 3;

/**
 * The images that a report shows: of each group up to `perGroup`, the most extreme first, and none twice. Throws a
 * RangeError when lengths differ, a score is not finite or a label is not true, false, 1 or 0.
 */
export function chooseCases(
  scores: ArrayLike<number>,
  abnormal: ArrayLike<boolean | number>,
  perGroup = casesPerGroup,
): CaseChoice[] {
  const labelled = labelScores(scores, abnormal);
  const fromHighest = Array.from(rank(labelled.scores).order);
  const abnormalImages = fromHighest.filter((image) => labelled.abnormal[image] === 1);
  const normalImages = fromHighest.filter((image) => labelled.abnormal[image] === 0);
  const worst = (images: readonly number[]) => images.slice(0, Math.min(perGroup, Math.ceil(images.length / 2)));
  const best = (images: readonly number[]) => images.slice(0, Math.min(perGroup, Math.floor(images.length / 2)));
  const groups: Record<CaseGroup, readonly number[]> = {
    missed: worst(abnormalImages.toReversed()),
    falseAlarm: worst(normalImages),
    found: best(abnormalImages),
    clear: best(normalImages.toReversed()),
  };
  return (Object.keys(groups) as CaseGroup[]).flatMap((group) => groups[group].map((index) => ({ group, index })));
}

/**
 * Positions of the images that `chooseCases` may choose when more images follow: the `perGroup` highest and the
 * `perGroup` lowest scores of each label. All others can be forgotten. Throws as `chooseCases` does.
 */
export function caseCandidates(
  scores: ArrayLike<number>,
  abnormal: ArrayLike<boolean | number>,
  perGroup = casesPerGroup,
): number[] {
  const labelled = labelScores(scores, abnormal);
  const fromHighest = Array.from(rank(labelled.scores).order);
  return [0, 1].flatMap((label) => {
    const images = fromHighest.filter((image) => labelled.abnormal[image] === label);
    return images.filter((_, place) => place < perGroup || place >= images.length - perGroup);
  });
}
