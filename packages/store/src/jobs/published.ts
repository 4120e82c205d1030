import type { Tenant } from '../records/tenant.js';
import { jobDocuments, jobKey } from './job-record.js';

/**
 * Whether what a job made counts. It does from the moment the job has succeeded, so models and evaluations of jobs that
 * were cancelled or failed do not exist for anybody, even if an attempt that had lost its right wrote one.
 */
export async function isPublished(tenant: Tenant, jobId: string): Promise<boolean> {
  return (await jobDocuments(tenant).read(jobKey(tenant, jobId)))?.value.job.state === 'succeeded';
}
