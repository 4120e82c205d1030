import type { ResultOf } from '@mediclip/client';
import type { Job, JobKind, JobOf } from '@mediclip/contracts';
import { Progress } from '../terminal/progress.js';
import { StoppedError } from '../usage-error.js';
import type { Task } from '../workplace/workplace.js';
import type { Server } from './server.js';

/** What phases of jobs count, where it is not images. */
const units: Partial<Record<JobKind, string>> = { adaptation: 'steps' };

/**
 * Shows a job until it has succeeded; its result. Ctrl-C ends the wait and leaves the job alone, unless the person
 * asked for `--cancel-on-stop`. Throws a JobNotSucceeded, or a StoppedError that says what became of the job.
 */
export async function followJob<K extends JobKind>(
  { client, cancelOnStop }: Server,
  job: JobOf<K>,
  { output, signal }: Task,
): Promise<ResultOf<K>> {
  output.event({ event: 'job', id: job.id, kind: job.kind });
  const progress = new Progress(output, units[job.kind] ?? 'images');
  try {
    return await client.waitForResult(job, {
      signal,
      onProgress: ({ phase, done, total, loss }) => progress.update({ phase, done, total, loss }),
    });
  } catch (error) {
    if (!signal.aborted) throw error;
    if (cancelOnStop) await client.cancelJob(job.id);
    throw new StoppedError(said(job, cancelOnStop));
  } finally {
    progress.stop();
  }
}

function said({ id, kind }: Job, isCancelled: boolean): string {
  return isCancelled
    ? `Stopped; the ${kind} ${id} is cancelled.`
    : `Stopped waiting; the ${kind} goes on. To follow or to cancel it: mediclip jobs wait ${id}, mediclip jobs cancel ${id}`;
}
