import { createHash } from 'node:crypto';
import { type Image, type Split, splitSchema } from '@mediclip/contracts';
import { z } from 'zod';
import { GroupParted } from '../errors.js';
import { Documents } from '../records/documents.js';
import { inBatches, loadedAtOnce } from '../records/pages.js';
import type { Tenant } from '../records/tenant.js';
import { groupsFolder, type ImageName, imageNames } from './image-keys.js';
import { findImage } from './image-record.js';

const groupSplitSchema = z.strictObject({ schemaVersion: z.literal(1), split: splitSchema });

type GroupSplit = z.infer<typeof groupSplitSchema>;

/**
 * Which split the groups of a data set are in, at `datasets/<id>/groups/<sha256 of the group>.json`, so that no group
 * is parted whatever is uploaded and moved at once. A writer claims its groups, writes its images, and then looks
 * whether the claims still stand; whoever claims a group for the other split changes the record first and then looks
 * for images that are in the way. So of two at once at least one finds the other. A record whose images are gone means
 * nothing.
 */
export class GroupSplits {
  readonly #tenant: Tenant;
  readonly #documents: Documents<GroupSplit>;

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
    this.#documents = new Documents(tenant.objects, groupSplitSchema);
  }

  /**
   * Claims the group for a split, for images with the ids `own` that will be there. Rejects with `GroupParted` where
   * other images of it are in the other split.
   */
  async claim(datasetId: string, group: string, split: Split, own: ReadonlySet<string>): Promise<void> {
    const key = this.#keyOf(datasetId, group);
    let before: Split | undefined;
    await this.#documents.upsert(key, (known) => {
      before = known?.split;
      return known?.split === split ? known : { schemaVersion: 1, split };
    });
    if (before === undefined || before === split || !(await this.#hasOthers(datasetId, group, split, own))) return;
    const restored: GroupSplit = { schemaVersion: 1, split: before };
    await this.#documents.update(key, (known) => (known.split === split ? restored : undefined));
    throw new GroupParted(group);
  }

  /** Rejects with `GroupParted` when somebody has claimed the group for the other split since. */
  async assertClaimed(datasetId: string, group: string, split: Split): Promise<void> {
    const known = (await this.#documents.read(this.#keyOf(datasetId, group)))?.value;
    if (known?.split !== split) throw new GroupParted(group);
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
