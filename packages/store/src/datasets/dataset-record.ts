import { datasetRecordSchema } from '@mediclip/contracts';
import type { z } from 'zod';
import { deletionFields } from '../records/deletion-fields.js';
import { Documents } from '../records/documents.js';
import { isId } from '../records/ids.js';
import type { Tenant } from '../records/tenant.js';
import { datasetKey } from './image-keys.js';

/** A data set as the store keeps it at `datasets/<id>/dataset.json`. */
const storedDatasetSchema = datasetRecordSchema.safeExtend(deletionFields);

export type StoredDataset = z.infer<typeof storedDatasetSchema>;

export function datasetDocuments({ objects }: Tenant): Documents<StoredDataset> {
  return new Documents(objects, storedDatasetSchema);
}

/** Whether a job or an upload may begin to use this data set. */
export async function isUsableDataset(tenant: Tenant, datasetId: string): Promise<boolean> {
  if (!isId(datasetId)) return false;
  const found = await datasetDocuments(tenant).read(datasetKey(tenant, datasetId));
  return found !== undefined && found.value.deletingSince === undefined;
}
