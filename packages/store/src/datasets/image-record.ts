import { type Image, type ImageRecord, imageRecordSchema } from '@mediclip/contracts';
import { Documents } from '../records/documents.js';
import type { Tenant } from '../records/tenant.js';
import { type ImageName, imageKey } from './image-keys.js';

export function imageDocuments({ objects }: Tenant): Documents<ImageRecord> {
  return new Documents(objects, imageRecordSchema);
}

/** The image whose record has this name, `undefined` when it is gone. */
export async function findImage(tenant: Tenant, datasetId: string, name: ImageName): Promise<Image | undefined> {
  const found = await imageDocuments(tenant).read(imageKey(tenant, datasetId, name));
  return found && toImage(found.value);
}

export function toImage({ schemaVersion, ...image }: ImageRecord): Image {
  return image;
}
