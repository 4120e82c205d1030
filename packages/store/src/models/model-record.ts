import { digestSchema, modelRecordSchema } from '@mediclip/contracts';
import { z } from 'zod';
import { jobKey } from '../jobs/job-record.js';
import { isPublished } from '../jobs/published.js';
import type { ObjectStore } from '../object-store.js';
import { deletionFields, withoutJobField } from '../records/deletion-fields.js';
import { Documents } from '../records/documents.js';
import { isId } from '../records/ids.js';
import type { Tenant } from '../records/tenant.js';

/** A model as the store keeps it at `models/<id>/model.json`. */
const storedModelSchema = modelRecordSchema.safeExtend({
  ...deletionFields,
  ...withoutJobField,
  /** The model's files, sorted by name. */
  files: z.array(z.strictObject({ name: z.string(), sha256: digestSchema, sizeBytes: z.int().min(0) })),
  /**
   * Folder inside `models/<id>/` that they lie in: one for each attempt, so that no attempt can overwrite another's.
   */
  filesFolder: z.string(),
});

export type StoredModel = z.infer<typeof storedModelSchema>;

export const modelFolder = ({ prefix }: Tenant, modelId: string) => `${prefix}models/${modelId}/`;
export const modelKey = (tenant: Tenant, modelId: string) => `${modelFolder(tenant, modelId)}model.json`;

export function modelDocuments({ objects }: Tenant): Documents<StoredModel> {
  return new Documents(objects, storedModelSchema);
}

/**
 * The record of a model that exists for the tenant: it was imported or its job has succeeded (and may be deleted
 * since), and it is not being deleted.
 */
export async function findModel(tenant: Tenant, modelId: string): Promise<StoredModel | undefined> {
  if (!isId(modelId)) return undefined;
  const stored = (await modelDocuments(tenant).readShared(modelKey(tenant, modelId)))?.value;
  if (stored === undefined || stored.deletingSince !== undefined) return undefined;
  return (await existsBy(tenant, neededJob(stored))) ? stored : undefined;
}

/** The job that must have succeeded for a model to exist; `undefined` for one that exists by itself. */
export function neededJob({ importedAt, withoutJob, lineage }: StoredModel): string | undefined {
  return importedAt !== undefined || withoutJob ? undefined : lineage.jobId;
}

/** Whether a model with this `neededJob` exists. */
export async function existsBy(tenant: Tenant, jobId: string | undefined): Promise<boolean> {
  return jobId === undefined || hasSucceeded(tenant, jobId);
}

const mostRemembered = 10_000;
/** Keys of jobs that have succeeded, oldest first, of each store: every score asks for that of its model. */
const succeeded = new WeakMap<ObjectStore, Set<string>>();

/** As `isPublished`, with one reading of a job that has succeeded: it stays so. */
async function hasSucceeded(tenant: Tenant, jobId: string): Promise<boolean> {
  const known = succeeded.get(tenant.objects) ?? new Set();
  succeeded.set(tenant.objects, known);
  const key = jobKey(tenant, jobId);
  if (known.has(key)) return true;
  if (!(await isPublished(tenant, jobId))) return false;
  const [oldest] = known;
  if (known.size >= mostRemembered) known.delete(oldest!);
  known.add(key);
  return true;
}

/** Whether a job may begin to use this model. */
export async function isUsableModel(tenant: Tenant, modelId: string): Promise<boolean> {
  return (await findModel(tenant, modelId)) !== undefined;
}
