import { isFinal } from '@mediclip/contracts';
import { RecordInUse, type RecordUse } from '../errors.js';
import type { Tenant } from '../records/tenant.js';
import { ActiveJobs } from './active-jobs.js';
import { jobDocuments, jobKey } from './job-record.js';

/**
 * Rejects with `RecordInUse` when jobs that have not ended use the data set or the model with this id, which of both
 * `use` says.
 */
export async function assertUnused(tenant: Tenant, id: string, use: RecordUse): Promise<void> {
  const documents = jobDocuments(tenant);
  const users: string[] = [];
  for await (const { jobId, uses, old } of new ActiveJobs(tenant).all()) {
    if (!uses.includes(id)) continue;
    const found = await documents.read(jobKey(tenant, jobId));
    if (found === undefined ? !old : !isFinal(found.value.job.state)) users.push(jobId);
  }
  if (users.length > 0) {
    throw new RecordInUse(
      use,
      `Jobs that have not ended use it (${users.join(', ')}): wait for them, or cancel them.`,
      users,
    );
  }
}
