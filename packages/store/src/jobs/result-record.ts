import { scoringResultSchema, verdictSchema } from '@mediclip/contracts';
import { z } from 'zod';
import { Documents } from '../records/documents.js';
import type { Tenant } from '../records/tenant.js';
import { jobFolder } from './job-record.js';

const storedResultSchema = z.strictObject({
  schemaVersion: z.literal(1),
  result: scoringResultSchema,
  /** Key of the image's anomaly map. */
  mapKey: z.string().optional(),
});

/** The result of a scoring for one image, at `jobs/<id>/results/<image id>.json`. */
export type StoredResult = z.infer<typeof storedResultSchema>;

const storedVerdictSchema = verdictSchema.safeExtend({ schemaVersion: z.literal(1) });

/** What a person says of a result, at `jobs/<id>/verdicts/<image id>.json`. */
export type StoredVerdict = z.infer<typeof storedVerdictSchema>;

export function resultDocuments({ objects }: Tenant): Documents<StoredResult> {
  return new Documents(objects, storedResultSchema);
}

export function verdictDocuments({ objects }: Tenant): Documents<StoredVerdict> {
  return new Documents(objects, storedVerdictSchema);
}

export const resultsFolder = (tenant: Tenant, jobId: string) => `${jobFolder(tenant, jobId)}results/`;
export const verdictsFolder = (tenant: Tenant, jobId: string) => `${jobFolder(tenant, jobId)}verdicts/`;
export const resultIndexKey = (tenant: Tenant, jobId: string) => `${jobFolder(tenant, jobId)}result-index.json`;

export function resultKey(tenant: Tenant, jobId: string, imageId: string): string {
  return `${resultsFolder(tenant, jobId)}${imageId}.json`;
}

export function verdictKey(tenant: Tenant, jobId: string, imageId: string): string {
  return `${verdictsFolder(tenant, jobId)}${imageId}.json`;
}

/** Every key of a map of the image begins with it: each attempt at the job has its own. */
export function mapKeys(tenant: Tenant, jobId: string, imageId: string): string {
  return `${jobFolder(tenant, jobId)}maps/${imageId}.`;
}
