import {
  digestSchema,
  idSchema,
  isFinal,
  jobProgressSchema,
  jobRecordSchema,
  jobStateSchema,
  timestampSchema,
} from '@mediclip/contracts';
import { z } from 'zod';
import { StaleAttempt } from '../errors.js';
import { Documents } from '../records/documents.js';
import type { Tenant } from '../records/tenant.js';

const eventFields = { id: z.int().min(1), at: timestampSchema };

const storedEventSchema = z.discriminatedUnion('type', [
  z.strictObject({ ...eventFields, type: z.literal('state'), state: jobStateSchema }),
  z.strictObject({ ...eventFields, type: z.literal('progress'), progress: jobProgressSchema }),
  z.strictObject({ ...eventFields, type: z.literal('end') }),
]);

export type StoredEvent = z.infer<typeof storedEventSchema>;

const scratchSchema = z.strictObject({ key: z.string(), sha256: digestSchema, sizeBytes: z.int().min(0) });

/** A job as the store keeps it at `jobs/<id>/job.json`. */
export const storedJobSchema = jobRecordSchema.safeExtend({
  /** Id that the model or evaluation of this job has or will have: attempts cannot make two. */
  resultId: idSchema,
  /** Id of the latest event. */
  lastEventId: z.int().min(0),
  /** The latest events, oldest first; they are in the record so that event and state change as one. */
  events: z.array(storedEventSchema),
  /** Objects that attempts hand on to each other (checkpoints, the list of images), by name. */
  scratch: z.record(z.string(), scratchSchema),
});

/** A job with everything that workers need beside what clients see (`job`). */
export type StoredJob = z.infer<typeof storedJobSchema>;

/** The right to work on a job. It is lost when another attempt begins, or the job ends. */
export interface Attempt {
  readonly jobId: string;
  readonly fencingToken: number;
}

export const jobFolder = ({ prefix }: Tenant, jobId: string) => `${prefix}jobs/${jobId}/`;
export const jobKey = (tenant: Tenant, jobId: string) => `${jobFolder(tenant, jobId)}job.json`;

export function jobDocuments({ objects }: Tenant): Documents<StoredJob> {
  return new Documents(objects, storedJobSchema);
}

/**
 * Changes the record of a job, and says so when that gave it new events. Resolves with the record that is now stored,
 * `undefined` when there is none; see `Documents.update`.
 */
export async function changeJob(
  tenant: Tenant,
  jobId: string,
  change: (stored: StoredJob) => StoredJob,
): Promise<StoredJob | undefined> {
  let lastEventId = 0;
  const stored = await jobDocuments(tenant).update(jobKey(tenant, jobId), (current) => {
    lastEventId = current.lastEventId;
    return change(current);
  });
  if (stored !== undefined && stored.lastEventId > lastEventId) tenant.onJobEvents(jobId);
  return stored;
}

/** Throws `StaleAttempt` unless the attempt is the job's current one. */
export function assertCurrent({ job, fencingToken }: StoredJob, attempt: Attempt): void {
  if (isFinal(job.state)) throw new StaleAttempt(`The job ${job.id} has ended (${job.state}): stop working on it.`);
  if (job.state !== 'running' || fencingToken !== attempt.fencingToken) {
    throw new StaleAttempt(
      `Attempt ${attempt.fencingToken} at the job ${job.id} was superseded (now ${fencingToken}, ${job.state}): stop working on it.`,
    );
  }
}

/** What the requests of all kinds of job may read. */
export interface JobReads {
  readonly datasetId?: string | undefined;
  readonly modelId?: string | undefined;
  readonly baselineModelId?: string | undefined;
}

/** Ids of the models that a job reads. */
export function modelsOf({ modelId, baselineModelId }: JobReads): string[] {
  return [modelId, baselineModelId].filter((id) => id !== undefined);
}

/** Ids of the data set and the models that a job reads. */
export function usesOf(request: JobReads): string[] {
  return [request.datasetId, ...modelsOf(request)].filter((id) => id !== undefined);
}
