import type { Tenant } from '../records/tenant.js';
import { type ImageName, imageBlobsFolder, imageKey, movedKey, possibleNames } from './image-keys.js';

/**
 * Removes an image, whatever its record is named: the record first, so that nobody can find bytes that are going. May
 * be repeated.
 */
export async function removeImage(tenant: Tenant, datasetId: string, imageId: string): Promise<void> {
  for (const name of possibleNames(imageId)) await removeImageRecord(tenant, datasetId, name);
  await tenant.objects.delete(movedKey(tenant, datasetId, imageId));
  await tenant.objects.deleteFolder(imageBlobsFolder(tenant, datasetId, imageId));
}

export async function removeImageRecord(tenant: Tenant, datasetId: string, name: ImageName): Promise<void> {
  await tenant.objects.delete(imageKey(tenant, datasetId, name));
}
