/** Scores of images with their labels, checked: equally many, finite, two classes. */
export interface LabelledScores {
  readonly scores: Float64Array;
  /** 1 = abnormal, 0 = normal. */
  readonly abnormal: Uint8Array;
  readonly positives: number;
  readonly negatives: number;
}

/** Throws a RangeError when lengths differ, a score is not finite or a label is not true, false, 1 or 0. */
export function labelScores(scores: ArrayLike<number>, abnormal: ArrayLike<boolean | number>): LabelledScores {
  if (scores.length !== abnormal.length) {
    throw new RangeError(`There are ${scores.length} scores and ${abnormal.length} labels; give one label per score.`);
  }
  const labels = new Uint8Array(abnormal.length);
  let positives = 0;
  for (let i = 0; i < labels.length; i++) {
    const label = Number(abnormal[i]);
    if (label !== 0 && label !== 1) {
      throw new RangeError(`Label ${i} is ${abnormal[i]}; give true or 1 for abnormal, false or 0 for normal.`);
    }
    if (!Number.isFinite(scores[i])) throw new RangeError(`Score ${i} is ${scores[i]}; give finite numbers.`);
    labels[i] = label;
    positives += label;
  }
  return {
    scores: Float64Array.from(scores),
    abnormal: labels,
    positives,
    negatives: labels.length - positives,
  };
}

/** Images in the order of their scores, from high to low, in groups of equal scores. */
export interface Ranking {
  readonly order: Uint32Array;
  /** Group g holds the images `order[groupStarts[g]]` to `order[groupStarts[g + 1] - 1]`. */
  readonly groupStarts: readonly number[];
}

export function rank(scores: Float64Array): Ranking {
  const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const groupStarts: number[] = [];
  for (let i = 0; i < order.length; i++) {
    if (i === 0 || scores[order[i]!] !== scores[order[i - 1]!]) groupStarts.push(i);
  }
  groupStarts.push(order.length);
  return { order, groupStarts };
}
