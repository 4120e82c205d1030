import { farthestKin, leastInversion, nearestOfOthers, usualDistance } from './kinship.js';
import { inversion, type KindDescription, momentsDistance } from './likeness.js';

/** A normal image that does not belong to the others, by its index, and why. */
interface Outlier {
  readonly index: number;
  /** `other-kind`: another view, modality or quality than most; `inverted`: the greys of a negative. */
  readonly kind: 'other-kind' | 'inverted';
}

export interface NormalsFound {
  /** By index. */
  readonly outliers: readonly Outlier[];
  /** Whether those of another kind are so many that this is a mixture of kinds. */
  readonly isMixed: boolean;
}

/** Fewer images cannot say what is usual among them. */
export const leastNormals = 4;
/** So many images of another kind, and this share of all, are a mixture rather than exceptions. */
const leastOfMixture = 3;
const leastShareOfMixture = 0.1;

/**
 * Which of some normal images do not belong: the images are joined to groups whose members lie within `farthestKin`
 * times the usual distance of each other (single linkage), and those outside the largest group are outliers; of the
 * group itself those that look like negatives of the others. `relatives` has for each those that it is not measured
 * against.
 */
export function findOutliers(
  normals: readonly KindDescription[],
  relatives: readonly ReadonlySet<number>[],
): NormalsFound {
  if (normals.length < leastNormals) return { outliers: [], isMixed: false };
  const limit = farthestKin * usualDistance(nearestOfOthers(normals, relatives));
  const [most = [], ...rest] = groupsWithin(normals, limit).sort((a, b) => b.length - a.length);
  const others = rest.flat();
  const outliers: Outlier[] = [
    ...others.map((index) => ({ index, kind: 'other-kind' as const })),
    ...negatives(normals, most).map((index) => ({ index, kind: 'inverted' as const })),
  ];
  return {
    outliers: outliers.sort((a, b) => a.index - b.index),
    isMixed: others.length >= Math.max(leastOfMixture, leastShareOfMixture * normals.length),
  };
}

/** Takes the outliers out of a list that has an entry for each normal; all stay where they are not `excluded`. */
export function withoutOutliers({ outliers }: NormalsFound, excluded: boolean): <T>(all: readonly T[]) => T[] {
  const left = new Set(excluded ? outliers.map(({ index }) => index) : []);
  return (all) => all.filter((_, index) => !left.has(index));
}

function groupsWithin(normals: readonly KindDescription[], limit: number): number[][] {
  const left = new Set(normals.keys());
  const groups: number[][] = [];
  for (const first of left) {
    left.delete(first);
    const group = [first];
    for (const member of group) {
      for (const other of left) {
        if (momentsDistance(normals[member]!.moments, normals[other]!.moments) > limit) continue;
        left.delete(other);
        group.push(other);
      }
    }
    groups.push(group);
  }
  return groups;
}

/**
 * Members of a group that look like negatives of the rest, the clearest first taken out, for it makes the others look
 * so too. At most a third of them can be the exception.
 */
function negatives(normals: readonly KindDescription[], group: readonly number[]): number[] {
  const rest = [...group];
  const found: number[] = [];
  while (found.length < Math.floor(group.length / 3)) {
    const layouts = rest.map((index) => normals[index]!.layout);
    const inversions = layouts.map((layout, place) => inversion(layout, layouts.toSpliced(place, 1)));
    const highest = Math.max(...inversions);
    if (!(highest > leastInversion)) break;
    found.push(...rest.splice(inversions.indexOf(highest), 1));
  }
  return found;
}
