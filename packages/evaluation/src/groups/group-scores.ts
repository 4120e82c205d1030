import type { AnomalyMap } from '@mediclip/maps';

/** A scored image and what it belongs to; without a group it is one of its own. */
export interface GroupMember extends Pick<AnomalyMap, 'score' | 'logit'> {
  readonly group?: string | undefined;
}

/** The score of a group: the mean of the highest scores of its images. */
export interface GroupScore<M extends GroupMember> extends Pick<AnomalyMap, 'score' | 'logit'> {
  /** Undefined of an image without one. */
  readonly group: string | undefined;
  /** The highest score first. */
  readonly members: readonly M[];
}

/** So many of its highest scores make the score of a group, unless somebody asks for others. */
export const defaultHighest = 3;

/**
 * Scores of groups, in the order in which they first come: each the mean of the `highest` highest scores of its images
 * (of all, where it has fewer), with its logit where all images have one. The logit is that of the same mean, and tells
 * means apart that have become 1.
 */
export function groupScores<M extends GroupMember>(members: readonly M[], highest: number): GroupScore<M>[] {
  const groups = new Map<string | symbol, M[]>();
  for (const member of members) {
    const key = member.group ?? Symbol('an image without a group');
    const known = groups.get(key);
    if (known) known.push(member);
    else groups.set(key, [member]);
  }
  return [...groups.values()].map((all) => {
    const sorted = all.toSorted((a, b) => rankOf(b) - rankOf(a));
    const { group } = sorted[0]!;
    return { group, ...meanOf(sorted.slice(0, highest)), members: sorted };
  });
}

const rankOf = ({ score, logit }: GroupMember): number => logit ?? score;

function meanOf(members: readonly GroupMember[]): Pick<AnomalyMap, 'score' | 'logit'> {
  const score = members.reduce((sum, member) => sum + member.score, 0) / members.length;
  const logits = members.flatMap(({ logit }) => logit ?? []);
  if (logits.length < members.length) return { score, logit: undefined };
  // log(mean(p)) - log(mean(1 - p)), neither of which is ever rounded to 1.
  return { score, logit: logSumOfSigmoids(logits) - logSumOfSigmoids(logits.map((logit) => -logit)) };
}

/** log(sum of 1 / (1 + exp(-x))), without overflow. */
function logSumOfSigmoids(values: readonly number[]): number {
  const logs = values.map((value) => Math.min(0, value) - Math.log1p(Math.exp(-Math.abs(value))));
  const largest = Math.max(...logs);
  return largest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - largest), 0));
}
