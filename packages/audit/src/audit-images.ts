import type { AuditedImage, AuditFindings, CopyGroup } from '@mediclip/contracts';
import { mostCopyGroups } from '@mediclip/contracts/words';
import { type CopyPair, findCopies } from './copies/find-copies.js';
import { cueFigures } from './cues/cues.js';
import { cuesOf, differIn, type ImageToAudit } from './image-to-audit.js';
import { warningsOf } from './sentences.js';

/** What was found, and for those who go on with the images which are copies of which. */
export interface AuditOutcome {
  readonly findings: AuditFindings;
  /** Places of images that show the same, two at least, ascending. */
  readonly copyGroups: readonly (readonly number[])[];
}

/**
 * Looks for what makes the figures of any model mislead: copies within and across splits and labels, and trivial cues
 * that tell the labels of the test images apart. `progress` is called with how many images were compared. Takes a few
 * milliseconds an image.
 */
export function auditImages(images: readonly ImageToAudit[], progress?: (done: number) => void): AuditOutcome {
  const pairs = findCopies(
    images.map(({ sha256: fileDigest, traits: { pixelDigest, thumbnail }, width, height }) => ({
      fileDigest,
      pixelDigest,
      thumbnail,
      aspect: width / height,
    })),
    progress,
  );
  const copyGroups = groupsOf(images.length, pairs);
  const test = images.filter(({ split }) => split === 'test');
  const cues = cueFigures(
    test.map(cuesOf),
    test.map(({ label }) => label === 'abnormal'),
  );
  const copies = describeCopies(images, copyGroups, pairs);
  return { findings: { warnings: warningsOf(images, copyGroups, copies, cues), copies, cues }, copyGroups };
}

function groupsOf(count: number, pairs: readonly CopyPair[]): number[][] {
  const parents = [...Array(count).keys()];
  const rootOf = (place: number): number => {
    let root = place;
    while (parents[root] !== root) root = parents[root] ?? root;
    parents[place] = root;
    return root;
  };
  for (const { first, second } of pairs) {
    const [a, b] = [rootOf(first), rootOf(second)];
    parents[Math.max(a, b)] = Math.min(a, b);
  }
  const groups = new Map<number, number[]>();
  for (const place of new Set(pairs.flatMap(({ first, second }) => [first, second]))) {
    const root = rootOf(place);
    const group = groups.get(root);
    if (group) group.push(place);
    else groups.set(root, [place]);
  }
  return [...groups.values()].map((group) => group.sort((a, b) => a - b)).sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
}

function describeCopies(
  images: readonly ImageToAudit[],
  groups: readonly (readonly number[])[],
  pairs: readonly CopyPair[],
): AuditFindings['copies'] {
  const rank = (group: readonly number[]) =>
    Number(differIn(images, group, 'split')) * 2 + Number(differIn(images, group, 'label'));
  const kinds = new Map<number, CopyPair['kind'][]>();
  for (const { first, second, kind } of pairs) {
    for (const place of [first, second]) kinds.set(place, [...(kinds.get(place) ?? []), kind]);
  }
  const kindOf = (group: readonly number[]): CopyGroup['kind'] => {
    const own = new Set(group.flatMap((place) => kinds.get(place) ?? []));
    return (['near', 'equal-pixels', 'equal-bytes'] as const).find((kind) => own.has(kind)) ?? 'near';
  };
  const named = (place: number): AuditedImage[] => {
    const image = images[place];
    return image ? [{ imageId: image.imageId, fileName: image.fileName, split: image.split, label: image.label }] : [];
  };
  const splitOf = (place: number) => images[place]?.split;
  return {
    images: groups.reduce((sum, group) => sum + group.length - 1, 0),
    testInTraining: groups
      .filter((group) => differIn(images, group, 'split'))
      .reduce((sum, group) => sum + group.filter((place) => splitOf(place) === 'test').length, 0),
    groupCount: groups.length,
    groups: [...groups]
      .sort((a, b) => rank(b) - rank(a))
      .slice(0, mostCopyGroups)
      .map((group) => ({ kind: kindOf(group), images: group.flatMap(named) })),
  };
}
