import { type Job, ProblemError } from '@mediclip/contracts';
import type { JobQueue } from '@mediclip/queue';
import { type JobRequest, RecordExists, type StoredJob } from '@mediclip/store';
import type { Call, JsonAnswer } from '../http/handlers.js';
import type { TenantUsage } from '../usage/tenant-usage.js';

export interface Submission {
  readonly jobQueue: JobQueue;
  /** Waiting jobs of one kind. */
  readonly queueDepth: number;
  /** Jobs of one tenant that have not ended. */
  readonly tenantJobs: number;
  readonly usage: Pick<TenantUsage, 'assertRoom'>;
}

/** How soon a tenant may try again whose jobs are as many as it may have, seconds. */
const retryAfterJobSeconds = 10;

type SubmittingCall = Pick<
  Call<
    | 'createAdaptation'
    | 'createScoring'
    | 'createEvaluation'
    | 'reviseModel'
    | 'createAudit'
    | 'scoreStudy'
    | 'pushStudyResults'
    | 'importFromDicomweb'
  >,
  'store' | 'newId' | 'request'
>;

/**
 * Makes a job: its record first, its place in the queue second. When the tenant has too many, or the queue is full or
 * away, no record is left. Throws `quota-exceeded`, `too-many-jobs` and `queue-full`; rejects with
 * `QueueUnavailableError`, and with `RecordNotFound` when the data set or model is not there.
 */
export async function submitJob(
  { store, newId, request }: SubmittingCall,
  asked: JobRequest,
  { jobQueue, queueDepth, tenantJobs, usage }: Submission,
): Promise<JsonAnswer<Job>> {
  await usage.assertRoom(store, { bytes: 1 });
  const { tenant, jobs } = store;
  const { job } = await jobs
    .create(asked, { id: newId, requestId: request.id })
    .catch((error: unknown): Promise<StoredJob> => {
      if (error instanceof RecordExists) return jobs.get(newId);
      throw error;
    });
  try {
    // Its own record counts: of requests side by side none can pass by the others.
    if ((await jobs.unfinishedCount()) > tenantJobs) {
      throw new ProblemError('too-many-jobs', undefined, {
        limit: tenantJobs,
        retryAfterSeconds: retryAfterJobSeconds,
      });
    }
    const queued = await jobQueue.enqueue({ tenant, jobId: job.id, kind: job.kind }, { maxDepth: queueDepth });
    if (queued.outcome === 'full') {
      const { retryAfterSeconds } = queued;
      throw new ProblemError('queue-full', undefined, { limit: queueDepth, retryAfterSeconds });
    }
  } catch (error) {
    // A job that was begun did get into the queue, and only the answer was lost: it stays, and is answered.
    if (await jobs.withdraw(job.id)) throw error;
  }
  return { json: job, location: `/v1/jobs/${job.id}` };
}

/** The problem of a data set that has fewer images of a kind than a job needs. */
export function tooFewImages(needed: number, available: number, what: string): ProblemError {
  return new ProblemError('too-few-images', `The data set has ${available} ${what}, and ${needed} are needed.`, {
    needed,
    available,
  });
}
