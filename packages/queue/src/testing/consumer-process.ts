/**
 * A consumer in a process of its own, for tests that kill or freeze it. Holds every entry until it is told to finish,
 * or until its signal aborts. Arguments: the Redis URL, the prefix, the lock in ms. Speaks over the IPC channel.
 */
import { openRedisJobQueue } from '../redis/job-queue.js';
import { deferred } from './deferred.js';

/** What the process says. */
export type ConsumerEvent =
  | { event: 'ready' }
  | { event: 'delivered'; jobId: string; attempt: number }
  | { event: 'aborted'; jobId: string; abortCause: string }
  | { event: 'dead'; jobId: string; reason: string }
  | { event: 'error'; message: string };

/** What it is told. */
export type ConsumerCommand = { finish: string };

function say(event: ConsumerEvent): void {
  process.send?.(event);
}

const [url, prefix, lockMs] = process.argv.slice(2) as [string, string, string];
const finished = new Map<string, () => void>();
const queue = await openRedisJobQueue({
  storeId: 'test-store',
  url,
  prefix,
  kinds: ['adaptation'],
  lockMs: Number(lockMs),
  retryDelayMs: 2,
  onError: ({ message }) => say({ event: 'error', message }),
});
process.on('message', ({ finish }: ConsumerCommand) => finished.get(finish)?.());
process.on('disconnect', () => process.exit());
await queue.consume(
  async ({ jobId }, { attempt, signal }) => {
    const ended = deferred();
    finished.set(jobId, () => ended.resolve());
    signal.addEventListener('abort', () => {
      say({ event: 'aborted', jobId, abortCause: signal.reason.abortCause });
      ended.resolve();
    });
    say({ event: 'delivered', jobId, attempt });
    await ended.promise;
    // Also after an abort: a consumer that does not notice must do no harm.
    return { outcome: 'done' };
  },
  {
    concurrency: 1,
    onDead: async ({ jobId }, reason) => say({ event: 'dead', jobId, reason }),
  },
);
say({ event: 'ready' });
