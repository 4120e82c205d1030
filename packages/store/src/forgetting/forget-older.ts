import { isFinal } from '@mediclip/contracts';
import { evaluationDocuments, evaluationKey } from '../evaluations/evaluation-record.js';
import { jobDocuments, jobKey } from '../jobs/job-record.js';
import { isId, timeOfId } from '../records/ids.js';
import { foldersOf } from '../records/pages.js';
import type { Tenant } from '../records/tenant.js';
import { forgetEvaluation } from './forget-evaluation.js';
import { forgetJob } from './forget-job.js';

/**
 * Removes jobs that ended before this time, with their results and audits, and evaluations that were made before, with
 * their reports. Models stay. What was begun later is not read.
 */
export async function forgetOlderThan(tenant: Tenant, timeMs: number): Promise<void> {
  const isOlder = (at: string | undefined) => at !== undefined && Date.parse(at) < timeMs;
  const evaluations = evaluationDocuments(tenant);
  for await (const id of begunBefore(tenant, 'evaluations', timeMs)) {
    const stored = (await evaluations.read(evaluationKey(tenant, id)))?.value;
    if (isOlder(stored?.createdAt)) await forgetEvaluation(tenant, id);
  }
  const jobs = jobDocuments(tenant);
  for await (const id of begunBefore(tenant, 'jobs', timeMs)) {
    const stored = (await jobs.read(jobKey(tenant, id)))?.value;
    if (stored && isFinal(stored.job.state) && isOlder(stored.job.finishedAt)) await forgetJob(tenant, stored);
  }
}

async function* begunBefore({ objects, prefix }: Tenant, kind: 'jobs' | 'evaluations', timeMs: number) {
  for await (const id of foldersOf(objects, `${prefix}${kind}/`)) {
    if (!isId(id)) continue;
    if (timeOfId(id) >= timeMs) return;
    yield id;
  }
}
