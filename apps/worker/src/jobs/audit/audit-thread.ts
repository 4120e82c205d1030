import { TaskPool } from '@mediclip/threads';
import type { AuditTasks } from './audit-thread-entry.js';

/** The arithmetic of one audit, in a thread of its own that holds the traits of its images; see `AuditTasks`. */
export type AuditThread = Pick<TaskPool<AuditTasks>, 'run'>;

const entry = new URL('../../../dist/jobs/audit/audit-thread-entry.js', import.meta.url);
const maximumWaiting = 64;

/** Lends a thread to `work`, and ends it with the work. */
export async function withAuditThread<T>(work: (thread: AuditThread) => Promise<T>): Promise<T> {
  const pool = new TaskPool<AuditTasks>({ entry, threads: 1, maximumWaiting, isStateful: true });
  try {
    return await work(pool);
  } finally {
    await pool.close();
  }
}
