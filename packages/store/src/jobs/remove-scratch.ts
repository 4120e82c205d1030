import type { Tenant } from '../records/tenant.js';
import { announceEvent } from '../webhooks/announce-event.js';
import { ActiveJobs } from './active-jobs.js';
import { jobFolder, type StoredJob } from './job-record.js';
import { resultIndexKey } from './result-record.js';

/**
 * Removes what a job that has ended no longer needs (its scratch, and after a failure or cancellation everything it
 * made), and tells webhooks of the end. The marker of the active job goes last, so that the sweep repeats this when the
 * process dies in between.
 */
export async function removeScratch(tenant: Tenant, { job, resultId }: StoredJob): Promise<void> {
  const { objects, prefix } = tenant;
  await objects.deleteFolder(`${jobFolder(tenant, job.id)}scratch/`);
  if (job.state !== 'succeeded') {
    await objects.deleteFolder(`${jobFolder(tenant, job.id)}results/`);
    await objects.deleteFolder(`${jobFolder(tenant, job.id)}maps/`);
    await objects.delete(resultIndexKey(tenant, job.id));
    if (job.kind === 'adaptation') await objects.deleteFolder(`${prefix}models/${resultId}/`);
    if (job.kind === 'audit') await objects.deleteFolder(`${prefix}audits/${resultId}/`);
    if (job.kind === 'evaluation') await objects.deleteFolder(`${prefix}evaluations/${resultId}/`);
  }
  if (job.state === 'succeeded' || job.state === 'failed') {
    const { id: jobId, kind, finishedAt } = job;
    await announceEvent(tenant, { event: `job.${job.state}`, at: finishedAt!, key: jobId, data: { jobId, kind } });
  }
  await new ActiveJobs(tenant).remove(job.id);
}
