import { removeOldFolder } from '../records/old-folders.js';
import { foldersOf } from '../records/pages.js';
import type { Tenant } from '../records/tenant.js';
import { blobsFolder, datasetFolder, datasetKey, imageBlobsFolder, imageNames, movedKey } from './image-keys.js';

/** Removes images without a data set, and bytes without an image. */
export async function removeOrphans(tenant: Tenant): Promise<void> {
  const { objects, prefix } = tenant;
  for await (const datasetId of foldersOf(objects, `${prefix}datasets/`)) {
    if ((await objects.head(datasetKey(tenant, datasetId))) !== undefined) continue;
    await removeOldFolder(tenant, datasetFolder(tenant, datasetId));
  }
  for await (const datasetId of foldersOf(objects, `${prefix}blobs/`)) {
    const ids = new Set<string>();
    for await (const { id } of imageNames(tenant, datasetId)) ids.add(id);
    for await (const imageId of foldersOf(objects, blobsFolder(tenant, datasetId))) {
      if (ids.has(imageId)) continue;
      const isRemoved = await removeOldFolder(tenant, imageBlobsFolder(tenant, datasetId, imageId));
      if (isRemoved) await objects.delete(movedKey(tenant, datasetId, imageId));
    }
  }
}
