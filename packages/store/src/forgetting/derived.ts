import { isFinal, type Job } from '@mediclip/contracts';
import { evaluationDocuments, evaluationKey } from '../evaluations/evaluation-record.js';
import { jobDocuments, jobKey } from '../jobs/job-record.js';
import type { Tenant } from '../records/tenant.js';
import { forgetEvaluation } from './forget-evaluation.js';
import { forgetJob } from './forget-job.js';
import { youngerThan } from './younger-than.js';

/** Jobs that leave nothing but what tells of the images of their data set, or that brought these. */
const derivedKinds: ReadonlySet<Job['kind']> = new Set([
  'scoring',
  'evaluation',
  'audit',
  'dicomweb-import',
  'dicomweb-push',
]);

/**
 * Removes the scorings, evaluations and audits of a data set that no job uses, with their jobs, those that exchanged
 * its images with other servers, and those that made nothing, one after the other. They are younger than the data set,
 * so what is older is not read. May be repeated.
 */
export async function forgetDerived(tenant: Tenant, datasetId: string): Promise<void> {
  const evaluations = evaluationDocuments(tenant);
  const loadEvaluation = async (id: string) => (await evaluations.read(evaluationKey(tenant, id)))?.value;
  for await (const evaluation of youngerThan(tenant, 'evaluations', datasetId, loadEvaluation)) {
    if (evaluation.datasetId === datasetId) await forgetEvaluation(tenant, evaluation.id);
  }
  const jobs = jobDocuments(tenant);
  const loadJob = async (id: string) => (await jobs.read(jobKey(tenant, id)))?.value;
  for await (const stored of youngerThan(tenant, 'jobs', datasetId, loadJob)) {
    const { kind, request, state } = stored.job;
    if (!isFinal(state) || request.datasetId !== datasetId) continue;
    if (derivedKinds.has(kind) || state !== 'succeeded') await forgetJob(tenant, stored);
  }
}
