import { evaluationRecordSchema } from '@mediclip/contracts';
import { z } from 'zod';
import { withoutJobField } from '../records/deletion-fields.js';
import { Documents } from '../records/documents.js';
import type { Tenant } from '../records/tenant.js';

/** An evaluation as the store keeps it at `evaluations/<id>/evaluation.json`. */
const storedEvaluationSchema = evaluationRecordSchema.safeExtend({
  ...withoutJobField,
  /** Folder inside `evaluations/<id>/` that its files (the report) lie in. */
  filesFolder: z.string(),
});

export type StoredEvaluation = z.infer<typeof storedEvaluationSchema>;

export const evaluationFolder = ({ prefix }: Tenant, id: string) => `${prefix}evaluations/${id}/`;
export const evaluationKey = (tenant: Tenant, id: string) => `${evaluationFolder(tenant, id)}evaluation.json`;

export function evaluationFileKey(
  tenant: Tenant,
  { id, filesFolder }: Pick<StoredEvaluation, 'id' | 'filesFolder'>,
  name: string,
): string {
  return `${evaluationFolder(tenant, id)}${filesFolder}/${name}`;
}

export function evaluationDocuments({ objects }: Tenant): Documents<StoredEvaluation> {
  return new Documents(objects, storedEvaluationSchema);
}
