import { whyUndefined } from '../image/image-metrics.js';
import { type LabelledScores, labelScores, type Ranking, rank } from '../image/ranking.js';
import type { Figure } from '../outcome.js';
import { type BootstrapOptions, bootstrapIntervals } from '../statistics/bootstrap.js';
import { RankingSweep } from '../statistics/ranking-sweep.js';
import { type GroupMember, groupScores } from './group-scores.js';

/** Figures of groups of images. A group is abnormal where one of its images is. */
export interface GroupMetrics {
  /** So many of its highest scores make the score of a group. */
  readonly highest: number;
  readonly normalGroups: number;
  readonly abnormalGroups: number;
  /** AUROC of the groups' scores; the interval by a bootstrap over groups. */
  readonly auroc: Figure;
  /** AUROC of the images' scores, as without groups, but the interval by a bootstrap over groups. */
  readonly imageAuroc: Figure;
}

type LabelledMember = GroupMember & { readonly abnormal: boolean };

interface Ranked {
  readonly labelled: LabelledScores;
  readonly ranking: Ranking;
}

const defaults: BootstrapOptions = { resamples: 2000, seed: 0 };

/**
 * AUROC of groups, and of their images with an interval that takes groups and not images as independent. Groups are
 * drawn with replacement, normal and abnormal ones apart, each with all of its images. Undefined where no image has a
 * group. Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, section 8.6.
 */
export function groupMetrics(
  members: readonly LabelledMember[],
  highest: number,
  options: Partial<BootstrapOptions> = {},
): GroupMetrics | undefined {
  if (members.every(({ group }) => group === undefined)) return undefined;
  const groups = groupScores(members, highest);
  const isAbnormal = groups.map((group) => group.members.some(({ abnormal }) => abnormal));
  const ofGroups = ranked(groups, isAbnormal);
  const groupOf = groups.flatMap((group, index) => group.members.map(() => index));
  const images = groups.flatMap((group) => group.members);
  const ofImages = ranked(
    images,
    images.map(({ abnormal }) => abnormal),
  );
  const figures = [auroc(ofGroups), auroc(ofImages)];
  const indices = groups.map((_, index) => index);
  const times = new Uint32Array(images.length);
  const intervals = bootstrapIntervals(
    {
      strata: [false, true].map((label) => indices.filter((index) => isAbnormal[index] === label)),
      figures,
      evaluate: (multiplicities) => {
        for (let image = 0; image < times.length; image++) times[image] = multiplicities[groupOf[image]!]!;
        return [auroc(ofGroups, multiplicities), auroc(ofImages, times)];
      },
    },
    { ...defaults, ...options },
  );
  const figure = (place: 0 | 1, { labelled }: Ranked): Figure =>
    whyUndefined(labelled, 'abnormal') ??
    whyUndefined(labelled, 'normal') ?? { defined: true, value: figures[place]!, interval: intervals[place]! };
  return {
    highest,
    normalGroups: ofGroups.labelled.negatives,
    abnormalGroups: ofGroups.labelled.positives,
    auroc: figure(0, ofGroups),
    imageAuroc: figure(1, ofImages),
  };
}

/** By logits where all have one. */
function ranked(scored: readonly GroupMember[], abnormal: readonly boolean[]): Ranked {
  const logits = scored.flatMap(({ logit }) => logit ?? []);
  const labelled = labelScores(logits.length === scored.length ? logits : scored.map(({ score }) => score), abnormal);
  return { labelled, ranking: rank(labelled.scores) };
}

/** Where each counts `multiplicities` times; NaN where a class is not drawn. */
function auroc({ labelled, ranking }: Ranked, multiplicities?: Uint32Array): number {
  const { abnormal, scores } = labelled;
  const totals = { negatives: 0, positives: 0, regions: 0 };
  for (let i = 0; i < abnormal.length; i++) totals[abnormal[i] ? 'positives' : 'negatives'] += multiplicities?.[i] ?? 1;
  const sweep = new RankingSweep(totals);
  const { order, groupStarts } = ranking;
  for (let tie = 0; tie + 1 < groupStarts.length; tie++) {
    let [normal, ill] = [0, 0];
    for (let place = groupStarts[tie]!; place < groupStarts[tie + 1]!; place++) {
      const index = order[place]!;
      const times = multiplicities?.[index] ?? 1;
      if (abnormal[index]) ill += times;
      else normal += times;
    }
    sweep.step(scores[order[groupStarts[tie]!]!]!, normal, ill);
  }
  return sweep.auroc;
}
