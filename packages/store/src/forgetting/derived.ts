import { isFinal } from '@mediclip/contracts';
import { evaluationDocuments, evaluationKey } from '../evaluations/evaluation-record.js';
import { jobDocuments, jobKey } from '../jobs/job-record.js';
import { idBoundary, isId, timeOfId } from '../records/ids.js';
import { foldersOf } from '../records/pages.js';
import type { Tenant } from '../records/tenant.js';
import { forgetEvaluation } from './forget-evaluation.js';
import { forgetJob } from './forget-job.js';

/** How far the clocks of processes that make ids may be apart, milliseconds. */
const clockSkewMs = 600_000;

/**
 * Removes the scorings and evaluations of a data set that no job uses, with their jobs, one after the other. They are
 * younger than the data set, so what is older is not read. May be repeated.
 */
export async function forgetDerived(tenant: Tenant, datasetId: string): Promise<void> {
  const evaluations = evaluationDocuments(tenant);
  for await (const id of youngerThan(tenant, 'evaluations', datasetId)) {
    const stored = (await evaluations.read(evaluationKey(tenant, id)))?.value;
    if (stored?.datasetId === datasetId) await forgetEvaluation(tenant, id);
  }
  const jobs = jobDocuments(tenant);
  for await (const id of youngerThan(tenant, 'jobs', datasetId)) {
    const stored = (await jobs.read(jobKey(tenant, id)))?.value;
    if (stored === undefined || !isFinal(stored.job.state)) continue;
    const { kind, request } = stored.job;
    if ((kind === 'scoring' || kind === 'evaluation') && request.datasetId === datasetId) {
      await forgetJob(tenant, stored);
    }
  }
}

async function* youngerThan({ objects, prefix }: Tenant, kind: 'jobs' | 'evaluations', id: string) {
  for await (const found of foldersOf(objects, `${prefix}${kind}/`, idBoundary(timeOfId(id) - clockSkewMs))) {
    if (isId(found)) yield found;
  }
}
