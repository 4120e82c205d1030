import type { JobEntry, JobQueue } from '@mediclip/queue';
import type { Store } from '@mediclip/store';
import type { Logger } from 'pino';
import { sweepWorkFolders } from './jobs/work-folders.js';

const recoverEveryMs = 60_000;
const sweepEveryMs = 3_600_000;

/** Gives the queue the entries of unfinished jobs that it lacks: it may have lost them, or the process that made the job died. */
export async function recoverJobs(store: Store, jobQueue: Pick<JobQueue, 'recover'>): Promise<void> {
  for await (const tenant of store.tenants()) {
    const entries: JobEntry[] = [];
    for await (const { job } of store.tenant(tenant).jobs.unfinished()) {
      entries.push({ tenant, jobId: job.id, kind: job.kind });
    }
    await jobQueue.recover(entries);
  }
}

export interface HousekeepingOptions {
  readonly store: Store;
  readonly jobQueue: JobQueue;
  readonly workFolder: string;
  readonly logger: Logger;
}

/** Recovers jobs every minute and sweeps the store and the work folder every hour, until the returned function is called. */
export function startHousekeeping({ store, jobQueue, workFolder, logger }: HousekeepingOptions): () => void {
  const regularly = (what: string, everyMs: number, work: () => Promise<void>) =>
    setInterval(() => {
      work().catch((err: unknown) => logger.warn({ err }, `${what} failed; it is tried again later`));
    }, everyMs).unref();
  const timers = [
    regularly('recovering jobs', recoverEveryMs, () => recoverJobs(store, jobQueue)),
    regularly('sweeping', sweepEveryMs, async () => {
      await store.sweep();
      await sweepWorkFolders(workFolder, store);
    }),
  ];
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}
