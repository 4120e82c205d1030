import { type DatasetCounts, type Label, labelSchema, type Split, splitSchema } from '@mediclip/contracts';
import type { Tenant } from '../records/tenant.js';

/**
 * Keys of a data set's images. An image's record is `datasets/<id>/images/<image id>.<split>.<label>.json`: names alone
 * tell how many images there are of each split and label, so counts cannot disagree with records. Its bytes, and those
 * of its mask, are `blobs/<dataset id>/<image id>/<sha256>`: they belong to this one record and go with it, so a
 * deletion never needs to know who else might use the same bytes. (The price: bytes that are uploaded twice are stored
 * twice.)
 */
export interface ImageName {
  readonly id: string;
  readonly split: Split;
  readonly label: Label;
}

const recordName = /\/([0-9a-f-]{36})\.(train|test)\.(normal|abnormal)\.json$/;

export const datasetFolder = ({ prefix }: Tenant, datasetId: string) => `${prefix}datasets/${datasetId}/`;
export const datasetKey = (tenant: Tenant, datasetId: string) => `${datasetFolder(tenant, datasetId)}dataset.json`;
export const imagesFolder = (tenant: Tenant, datasetId: string) => `${datasetFolder(tenant, datasetId)}images/`;
export const blobsFolder = ({ prefix }: Tenant, datasetId: string) => `${prefix}blobs/${datasetId}/`;

export function imageKey(tenant: Tenant, datasetId: string, { id, split, label }: ImageName): string {
  return `${imagesFolder(tenant, datasetId)}${id}.${split}.${label}.json`;
}

export function imageBlobsFolder(tenant: Tenant, datasetId: string, imageId: string): string {
  return `${blobsFolder(tenant, datasetId)}${imageId}/`;
}

/** Every name that the image with this id may have. */
export function possibleNames(id: string): ImageName[] {
  return splitSchema.options.flatMap((split) => labelSchema.options.map((label) => ({ id, split, label })));
}

/** What the key of an image's record says, `undefined` for any other key. */
export function imageNameOf(key: string): ImageName | undefined {
  const match = recordName.exec(key);
  return match ? { id: match[1]!, split: match[2] as Split, label: match[3] as Label } : undefined;
}

/** Names of all images of a data set, in order of upload. */
export async function imageNames(tenant: Tenant, datasetId: string): Promise<ImageName[]> {
  const names: ImageName[] = [];
  for await (const key of tenant.objects.keys(imagesFolder(tenant, datasetId))) {
    const name = imageNameOf(key);
    if (name) names.push(name);
  }
  return names;
}

/** Counts by split and label of image records with these names. */
export function countImages(names: readonly ImageName[]): DatasetCounts {
  const counts = { total: names.length, train: { normal: 0, abnormal: 0 }, test: { normal: 0, abnormal: 0 } };
  for (const { split, label } of names) counts[split][label]++;
  return counts;
}
