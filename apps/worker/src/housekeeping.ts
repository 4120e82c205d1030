import type { JobEntry, JobQueue } from '@mediclip/queue';
import type { Store } from '@mediclip/store';
import type { Logger } from 'pino';
import { sweepWorkFolders } from './jobs/work-folders.js';

const defaultRecoverEveryMs = 60_000;
const sweepEveryMs = 3_600_000;

/**
 * Gives the queue the entries of unfinished jobs that it lacks: it may have lost them, or the process that made the job
 * died.
 */
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
  readonly retentionMs?: number | undefined;
  readonly recoverEveryMs?: number;
  readonly logger: Logger;
}

/**
 * Recovers jobs every `recoverEveryMs`, and sweeps the store and the work folder now and every hour, until the returned
 * function is called, which resolves when nothing of it is under way.
 */
export function startHousekeeping({
  store,
  jobQueue,
  workFolder,
  retentionMs,
  recoverEveryMs = defaultRecoverEveryMs,
  logger,
}: HousekeepingOptions): () => Promise<void> {
  const underWay = new Set<Promise<void>>();
  const run = (what: string, work: () => Promise<void>) => {
    const running = work()
      .catch((err: unknown) => logger.warn({ err }, `${what} failed; it is tried again later`))
      .finally(() => underWay.delete(running));
    underWay.add(running);
  };
  const recover = () => run('recovering jobs', () => recoverJobs(store, jobQueue));
  const sweep = () =>
    run('sweeping', async () => {
      await store.sweep({ retentionMs });
      await sweepWorkFolders(workFolder, store);
    });
  sweep();
  const timers = [setInterval(recover, recoverEveryMs).unref(), setInterval(sweep, sweepEveryMs).unref()];
  return async () => {
    for (const timer of timers) clearInterval(timer);
    await Promise.all(underWay);
  };
}
