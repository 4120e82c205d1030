import type { JobOf } from '@mediclip/contracts';
import { RecordExists } from '@mediclip/store';
import type { WorkerDependencies } from '../../dependencies.js';
import type { JobContext } from '../job-context.js';

/** A push is not refused for a full queue: the scoring that it follows has waited for its turn already. */
const noLimit = Number.MAX_SAFE_INTEGER;

/**
 * Makes the job that sends the results of a scoring, once however often the scoring is attempted: its id is the one
 * that the scoring has for its result. It waits in the store where the queue is away, and is recovered from there.
 */
export async function submitPush(
  { job, tenant, log }: JobContext<'scoring'>,
  request: JobOf<'dicomweb-push'>['request'],
  { jobQueue }: Pick<WorkerDependencies, 'jobQueue'>,
): Promise<string> {
  const { resultId: id, requestId } = await tenant.jobs.get(job.id);
  await tenant.jobs
    .create({ kind: 'dicomweb-push', request }, { id, ...(requestId !== undefined && { requestId }) })
    .catch((error: unknown) => {
      if (!(error instanceof RecordExists)) throw error;
    });
  const entry = { tenant: tenant.tenant, jobId: id, kind: 'dicomweb-push' as const };
  await jobQueue.enqueue(entry, { maxDepth: noLimit }).catch((err: unknown) => {
    log.warn({ err, pushJobId: id }, 'the job that sends the results waits for the queue');
  });
  return id;
}
