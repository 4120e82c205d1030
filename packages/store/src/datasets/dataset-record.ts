import { datasetCountsSchema, datasetRecordSchema, timestampSchema } from '@mediclip/contracts';
import { z } from 'zod';
import { deletionFields } from '../records/deletion-fields.js';
import { Documents } from '../records/documents.js';
import { isId } from '../records/ids.js';
import type { Tenant } from '../records/tenant.js';
import { datasetKey } from './image-keys.js';

/** A data set as the store keeps it at `datasets/<id>/dataset.json`. */
const storedDatasetSchema = datasetRecordSchema.safeExtend({
  ...deletionFields,
  /** Its scorings and evaluations are deleted with it. */
  deletingDerived: z.boolean().optional(),
  /** How many images there are (`image-counts.ts`); missing when they have to be counted. */
  counts: datasetCountsSchema.optional(),
  /** Changes of its images that have begun and not ended: as long as there is one, images have to be counted. */
  changes: z.array(z.strictObject({ id: z.uuid(), since: timestampSchema })).optional(),
});

export type StoredDataset = z.infer<typeof storedDatasetSchema>;

export function datasetDocuments({ objects }: Tenant): Documents<StoredDataset> {
  return new Documents(objects, storedDatasetSchema);
}

/** The record of a data set that is not being deleted. */
export async function findDataset(tenant: Tenant, datasetId: string): Promise<StoredDataset | undefined> {
  if (!isId(datasetId)) return undefined;
  const found = await datasetDocuments(tenant).read(datasetKey(tenant, datasetId));
  return found === undefined || found.value.deletingSince !== undefined ? undefined : found.value;
}

/** Whether a job or an upload may begin to use this data set. */
export async function isUsableDataset(tenant: Tenant, datasetId: string): Promise<boolean> {
  return (await findDataset(tenant, datasetId)) !== undefined;
}
