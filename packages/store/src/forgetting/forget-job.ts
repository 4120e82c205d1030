import { auditFolder } from '../audits/audit-record.js';
import { evaluationDocuments, evaluationKey } from '../evaluations/evaluation-record.js';
import { ActiveJobs } from '../jobs/active-jobs.js';
import { jobDocuments, jobFolder, jobKey, type StoredJob } from '../jobs/job-record.js';
import { JudgedImages } from '../models/judged-images.js';
import { modelDocuments, modelKey } from '../models/model-record.js';
import type { Tenant } from '../records/tenant.js';
import { forgetAnswersNaming } from './forget-answers.js';
import { type Intention, Intentions } from './intentions.js';

/**
 * Removes a job that has ended, with its results, maps and verdicts: its record first, so that nobody finds one whose
 * results are going. An audit goes with its job; a model or an evaluation that it made stays. May be repeated.
 */
export async function forgetJob(tenant: Tenant, { job, resultId }: StoredJob): Promise<void> {
  const intention = {
    kind: 'job',
    id: job.id,
    ...(job.kind === 'scoring' && { modelId: job.request.modelId }),
    ...(job.kind === 'audit' && { auditId: resultId }),
  } as const;
  await new Intentions(tenant).add(intention);
  await finishJob(tenant, intention);
}

/** Goes on with the removal of a job whose intention is there already. */
export async function finishJob(tenant: Tenant, intention: Extract<Intention, { kind: 'job' }>): Promise<void> {
  const { id, modelId, auditId } = intention;
  const stored = (await jobDocuments(tenant).read(jobKey(tenant, id)))?.value;
  if (stored) await keepWhatItMade(tenant, stored);
  await tenant.objects.delete(jobKey(tenant, id));
  await tenant.objects.deleteFolder(jobFolder(tenant, id));
  if (auditId !== undefined) await tenant.objects.deleteFolder(auditFolder(tenant, auditId));
  if (modelId !== undefined) await new JudgedImages(tenant).forget(modelId, ({ jobId }) => jobId === id);
  await new ActiveJobs(tenant).remove(id);
  await forgetAnswersNaming(tenant, id);
  await new Intentions(tenant).remove(intention);
}

/** What a job made exists because the job has succeeded; from now on it exists by itself. */
async function keepWhatItMade(tenant: Tenant, { job, resultId }: StoredJob): Promise<void> {
  if (job.state !== 'succeeded') return;
  const byItself = <T extends { readonly withoutJob?: true | undefined }>(record: T): T | undefined =>
    record.withoutJob ? undefined : { ...record, withoutJob: true };
  const options = { fromReserve: true };
  if (job.kind === 'evaluation') {
    await evaluationDocuments(tenant).update(evaluationKey(tenant, resultId), byItself, options);
  } else if (job.kind === 'adaptation' || job.kind === 'revision') {
    await modelDocuments(tenant).update(modelKey(tenant, resultId), byItself, options);
  }
}
