import { type DatasetCounts, type Label, labelSchema, type Split, splitSchema } from '@mediclip/contracts';
import type { Tenant } from '../records/tenant.js';

/**
 * Keys of a data set's images. An image's record is `datasets/<id>/images/<image id>.<split>.<label>.json`, of the
 * split and label that it was uploaded to, and keeps this key for good. Names alone tell how many images there are of
 * each split and label, but for those with a mark `<image id>.moved` beside the record: where these are now only the
 * record says. The mark is there before the record changes, so that no name without one is ever wrong. An image's
 * bytes, and those of its mask, are `blobs/<dataset id>/<image id>/<sha256>`: they belong to this one record and go
 * with it, so a deletion never needs to know who else might use the same bytes. (The price: bytes that are uploaded
 * twice are stored twice.)
 */
export interface ImageName {
  readonly id: string;
  readonly split: Split;
  readonly label: Label;
  /** Whether only the record tells the split and the label. */
  readonly hasMoved?: boolean;
}

const recordName = /\/([0-9a-f-]{36})\.(train|test)\.(normal|abnormal)\.json$/;
const mark = /\/([0-9a-f-]{36})\.moved$/;

export const datasetFolder = ({ prefix }: Tenant, datasetId: string) => `${prefix}datasets/${datasetId}/`;
export const datasetKey = (tenant: Tenant, datasetId: string) => `${datasetFolder(tenant, datasetId)}dataset.json`;
export const imagesFolder = (tenant: Tenant, datasetId: string) => `${datasetFolder(tenant, datasetId)}images/`;
/** What split each group is in; see `group-splits.ts`. */
export const groupsFolder = (tenant: Tenant, datasetId: string) => `${datasetFolder(tenant, datasetId)}groups/`;
export const blobsFolder = ({ prefix }: Tenant, datasetId: string) => `${prefix}blobs/${datasetId}/`;

export function imageKey(tenant: Tenant, datasetId: string, { id, split, label }: ImageName): string {
  return `${imagesFolder(tenant, datasetId)}${id}.${split}.${label}.json`;
}

/** Says that the image was moved, or is about to be. In every order of keys it comes before the record. */
export function movedKey(tenant: Tenant, datasetId: string, imageId: string): string {
  return `${imagesFolder(tenant, datasetId)}${imageId}.moved`;
}

export function imageBlobsFolder(tenant: Tenant, datasetId: string, imageId: string): string {
  return `${blobsFolder(tenant, datasetId)}${imageId}/`;
}

/** Every name that the record of the image with this id may have. */
export function possibleNames(id: string): ImageName[] {
  return splitSchema.options.flatMap((split) => labelSchema.options.map((label) => ({ id, split, label })));
}

/** What the key of an image's record says, `undefined` for any other key. */
export function imageNameOf(key: string): ImageName | undefined {
  const match = recordName.exec(key);
  return match ? { id: match[1]!, split: match[2] as Split, label: match[3] as Label } : undefined;
}

/**
 * Names of a data set's images in order of upload, behind the image with the id `after`; `wanted` of them are likely to
 * be read.
 */
export async function* imageNames(
  tenant: Tenant,
  datasetId: string,
  after?: string,
  wanted?: number,
): AsyncGenerator<ImageName> {
  const folder = imagesFolder(tenant, datasetId);
  let movedId: string | undefined;
  for await (const key of tenant.objects.keys(folder, after && `${folder}${after}~`, wanted)) {
    movedId = mark.exec(key)?.[1] ?? movedId;
    const name = imageNameOf(key);
    if (name) yield name.id === movedId ? { ...name, hasMoved: true } : name;
  }
}

/** Counts by split and label of these images. */
export function countImages(names: readonly Pick<ImageName, 'split' | 'label'>[]): DatasetCounts {
  const counts = { total: names.length, train: { normal: 0, abnormal: 0 }, test: { normal: 0, abnormal: 0 } };
  for (const { split, label } of names) counts[split][label]++;
  return counts;
}
