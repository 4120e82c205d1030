import { forgetShadowed } from '../aliases/shadow-repository.js';
import { jobDocuments, jobKey } from '../jobs/job-record.js';
import { mapKeys, resultDocuments, resultIndexKey, resultKey, verdictKey } from '../jobs/result-record.js';
import { JudgedImages } from '../models/judged-images.js';
import type { Tenant } from '../records/tenant.js';
import { youngerThan } from './younger-than.js';

/** Removes results, maps and verdicts of an image, and what models and shadows remember of it. */
export async function forgetImageInScorings(tenant: Tenant, datasetId: string, imageId: string): Promise<void> {
  const jobs = jobDocuments(tenant);
  const load = async (id: string) => (await jobs.read(jobKey(tenant, id)))?.value.job;
  for await (const job of youngerThan(tenant, 'jobs', imageId, load)) {
    if (job.kind !== 'scoring' || job.request.datasetId !== datasetId) continue;
    await new JudgedImages(tenant).forget(job.request.modelId, (judged) => judged.imageId === imageId);
    await forgetResult(tenant, job.id, imageId);
  }
}

/** The result goes before its verdict and the table of results: who adds to these looks for the result after that. */
async function forgetResult(tenant: Tenant, jobId: string, imageId: string): Promise<void> {
  const { objects } = tenant;
  const result = (await resultDocuments(tenant).read(resultKey(tenant, jobId, imageId)))?.value.result;
  if (result?.outcome === 'scored' && result.pixelDigest) await forgetShadowed(tenant, result.pixelDigest);
  await objects.delete(resultKey(tenant, jobId, imageId));
  for await (const key of objects.keys(mapKeys(tenant, jobId, imageId))) await objects.delete(key);
  await objects.delete(verdictKey(tenant, jobId, imageId));
  await objects.delete(resultIndexKey(tenant, jobId));
}
