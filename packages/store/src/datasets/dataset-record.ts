import { datasetRecordSchema } from '@mediclip/contracts';
import type { z } from 'zod';
import { deletionFields } from '../records/deletion-fields.js';

/** A data set as the store keeps it at `datasets/<id>/dataset.json`. */
export const storedDatasetSchema = datasetRecordSchema.safeExtend(deletionFields);

export type StoredDataset = z.infer<typeof storedDatasetSchema>;
