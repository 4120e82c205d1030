import { createHash } from 'node:crypto';
import { type Image, type Split, splitSchema } from '@mediclip/contracts';
import { z } from 'zod';
import { GroupParted } from '../errors.js';
import { Documents } from '../records/documents.js';
import { inBatches, loadedAtOnce } from '../records/pages.js';
import type { Tenant } from '../records/tenant.js';
import { groupsFolder, type ImageName, imageNames } from './image-keys.js';
import { findImage } from './image-record.js';

const groupSplitSchema = z.strictObject({
  schemaVersion: z.literal(1),
  split: splitSchema,
  /** Counts the changes of the split. */
  changes: z.int().nonnegative().default(0),
  /** Whoever claimed it for this split has not seen yet that no image is in the other one. */
  isUnchecked: z.literal(true).optional(),
});

type GroupSplit = z.infer<typeof groupSplitSchema>;

/** A group that images are to be written into, in this split. */
export interface GroupClaim {
  readonly group: string;
  readonly split: Split;
  readonly changes: number;
}

/**
 * Which split the groups of a data set are in, at `datasets/<id>/groups/<sha256 of the group>.json`, so that no group
 * is parted whatever is uploaded and moved at once. A writer claims its groups, writes its images, and then looks
 * whether the claims still stand. Whoever claims a group for the other split changes the record first and then looks
 * for images that are in the way; where the record has changed or is unchecked, every writer looks for itself. So of
 * two at once at least one finds the other. A record whose images are gone means nothing.
 */
export class GroupSplits {
  readonly #tenant: Tenant;
  readonly #documents: Documents<GroupSplit>;

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
    this.#documents = new Documents(tenant.objects, groupSplitSchema);
  }

  /**
   * Claims a group for a split, for images with the ids `own` that will be there. Rejects with `GroupParted` where
   * other images of it are in the other split.
   */
  async claim(datasetId: string, group: string, split: Split, own: ReadonlySet<string>): Promise<GroupClaim> {
    const key = this.#keyOf(datasetId, group);
    let before: GroupSplit | undefined;
    const claimed = await this.#documents.upsert(key, (known) => {
      before = known;
      if (known?.split === split) return known;
      const changes = (known?.changes ?? 0) + 1;
      return { schemaVersion: 1, split, changes, ...(known && { isUnchecked: true as const }) };
    });
    const { changes, isUnchecked } = claimed;
    if (isUnchecked) {
      const isParted = await this.#hasOthers(datasetId, group, split, own);
      const isOwnChange = before?.split !== split;
      await this.#documents.update(key, (known) => {
        if (known.changes !== changes || (isParted && !isOwnChange)) return undefined;
        return isParted
          ? { schemaVersion: 1, split: before!.split, changes: changes + 1 }
          : { schemaVersion: 1, split, changes };
      });
      if (isParted) throw new GroupParted(group);
    }
    return { group, split, changes };
  }

  /** Rejects with `GroupParted` when images of the group have come to the other split since it was claimed. */
  async assertClaimed(
    datasetId: string,
    { group, split, changes }: GroupClaim,
    own: ReadonlySet<string>,
  ): Promise<void> {
    const known = (await this.#documents.read(this.#keyOf(datasetId, group)))?.value;
    const stands = known?.split === split && known.changes === changes && !known.isUnchecked;
    if (stands) return;
    if (known?.split !== split || (await this.#hasOthers(datasetId, group, split, own))) throw new GroupParted(group);
  }

  /** The images of a group, by the names of their records. */
  async *members(datasetId: string, group: string): AsyncGenerator<{ name: ImageName; image: Image }> {
    const load = async (name: ImageName) => ({ name, image: await findImage(this.#tenant, datasetId, name) });
    for await (const { name, image } of inBatches(imageNames(this.#tenant, datasetId), loadedAtOnce, load)) {
      if (image?.group === group) yield { name, image };
    }
  }

  async #hasOthers(datasetId: string, group: string, split: Split, own: ReadonlySet<string>): Promise<boolean> {
    for await (const { image } of this.members(datasetId, group)) {
      if (image.split !== split && !own.has(image.id)) return true;
    }
    return false;
  }

  #keyOf(datasetId: string, group: string): string {
    return `${groupsFolder(this.#tenant, datasetId)}${createHash('sha256').update(group).digest('hex')}.json`;
  }
}

/** The split of each group of images. Throws `GroupParted` where one is in both. */
export function splitsOfGroups(images: Iterable<Pick<Image, 'group' | 'split'>>): Map<string, Split> {
  const splits = new Map<string, Split>();
  for (const { group, split } of images) {
    if (group === undefined) continue;
    if ((splits.get(group) ?? split) !== split) throw new GroupParted(group);
    splits.set(group, split);
  }
  return splits;
}
