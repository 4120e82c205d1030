import type { Job } from '@mediclip/contracts';
import { duration } from '../parts/words.js';

const patienceSeconds = 30;
const silenceSeconds = 60;

interface News {
  /** When the page last heard of the job, in milliseconds of the epoch; undefined when it was only read. */
  readonly heardAt: number | undefined;
  /** The other jobs that the page knows of. */
  readonly others: readonly Pick<Job, 'state'>[];
  readonly now: number;
}

/**
 * What to say of a job whose worker may be gone: one that waits though nothing else runs, and one of which nothing is
 * heard. Undefined as long as there is nothing to say.
 */
export function waitingWords(
  job: Pick<Job, 'state' | 'createdAt'>,
  { heardAt, others, now }: News,
): string | undefined {
  const waited = (now - Date.parse(job.createdAt)) / 1000;
  if (job.state === 'queued' && waited >= patienceSeconds && others.every(({ state }) => state !== 'running')) {
    return (
      `It has waited for ${duration(waited)}, and nothing else of yours runs. If that does not change, no worker is ` +
      'running: whoever runs the server starts one with “mediclip worker”. The job is kept until then.'
    );
  }
  const silent = heardAt === undefined ? 0 : (now - heardAt) / 1000;
  if (job.state === 'running' && silent >= silenceSeconds) {
    return (
      `Nothing was heard of it for ${duration(silent)}. If its worker has died, another one takes it up within ` +
      'minutes and goes on from what is done; nothing needs to be sent again.'
    );
  }
  return undefined;
}
