import { createHash } from 'node:crypto';
import type { Image, Lineage } from '@mediclip/contracts';

/** Groups that are told by the content of files mean the same in every data set. */
const ofContent = /^(?:series|study|patient|volume)-[0-9a-f]{32}$/;
const hashed = /^named-[0-9a-f]{32}$/;
const hashDigits = 32;

/**
 * What a model remembers of a group. Names that people gave mean something only in their data set, and a model outlives
 * that: of them it keeps hashes.
 */
export function rememberedGroup(group: string, datasetId: string): string {
  if (ofContent.test(group)) return group;
  const hash = createHash('sha256').update(`${datasetId} ${group}`).digest('hex');
  return `named-${hash.slice(0, hashDigits)}`;
}

/** The groups of images that a model learns from, for its lineage; nothing where none has one. */
export function rememberedGroups(images: readonly Image[]): { readonly groups?: string[] } {
  const groups = images.flatMap(({ group, datasetId }) =>
    group === undefined ? [] : rememberedGroup(group, datasetId),
  );
  return groups.length > 0 ? { groups: [...new Set(groups)] } : {};
}

/** The groups of all normal images that a model knows, as it remembers them, as far as its version wrote them down. */
export function learnedGroups({
  datasetId,
  groups = [],
  added = [],
}: Pick<Lineage, 'datasetId' | 'groups' | 'added'>): Set<string> {
  const all = [{ datasetId, groups }, ...added].flatMap((one) =>
    (one.groups ?? []).map((group) => (hashed.test(group) ? group : rememberedGroup(group, one.datasetId))),
  );
  return new Set(all);
}
