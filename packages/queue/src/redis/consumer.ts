import { setTimeout } from 'node:timers/promises';
import { DelayedError, type Job, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import { type AbortCause, AttemptAborted, type Consumer, type JobHandler, maxAttempts } from '../job-queue.js';
import type { QueuedEntry } from '../queued-entry.js';
import { type AttemptOutcome, runHandler } from '../run-handler.js';
import { AttemptLock } from './attempt-lock.js';
import { isConnectionError, waitingForRedis } from './connection.js';
import type { DeadLetters } from './dead-letters.js';
import { OtherStoreError, type StoreMark } from './store-mark.js';
import type { Turns } from './turns.js';

export interface RedisConsumerOptions {
  /** One for each kind: the BullMQ queue's name, who reports its dead entries, and whose turn it is. */
  queues: readonly { name: string; deadLetters: Pick<DeadLetters, 'sweep' | 'close'>; turns: Pick<Turns, 'take'> }[];
  concurrency: number;
  /** Tells whether the entries are still those of this process's store. */
  mark: Pick<StoreMark, 'assertOurs'>;
  url: string;
  prefix: string;
  lockMs: number;
  onError: (error: Error) => void;
  onClosed: (consumer: RedisConsumer) => void;
}

/** How soon another worker may take an entry that is another store's. */
const otherStoreDelayMs = 5000;

/** A handler at work. */
interface Running {
  jobId: string;
  controller: AbortController;
  ended: Promise<AttemptOutcome>;
}

/**
 * How long stopping waits for Redis once the handlers have ended: BullMQ waits for ever when Redis is away. What Redis
 * was not told is delivered again.
 */
const redisTimeoutMs = 3000;

/** Runs the handler on entries in BullMQ queues, one BullMQ worker for each kind. */
export class RedisConsumer implements Consumer {
  readonly #handler: JobHandler;
  readonly #options: RedisConsumerOptions;
  readonly #running = new Set<Running>();
  /** By the token of BullMQ: what tells that Redis has heard of the end of an attempt. */
  readonly #unsettled = new Map<string, { readonly settled: Promise<void>; readonly settle: () => void }>();
  #workers: Worker<QueuedEntry>[] = [];
  #paused = false;
  #closed = false;

  constructor(handler: JobHandler, options: RedisConsumerOptions) {
    this.#handler = handler;
    this.#options = options;
  }

  /** Starts to take entries; resolves when BullMQ is connected. */
  async start(): Promise<void> {
    this.#workers = this.#options.queues.map((queue) => this.#worker(queue));
    await Promise.all(this.#workers.map((worker) => worker.waitUntilReady()));
  }

  /** Aborts what runs here on a job. */
  abort(jobId: string, cause: AbortCause): void {
    for (const running of this.#running) {
      if (running.jobId === jobId) running.controller.abort(new AttemptAborted(cause));
    }
  }

  async pause(): Promise<void> {
    this.#paused = true;
    await Promise.all(this.#workers.map((worker) => worker.pause(true)));
    await this.#settledInTime(Promise.all([...this.#unsettled.values()].map(({ settled }) => settled)));
  }

  async resume(): Promise<void> {
    this.#paused = false;
    if (!this.#closed) await Promise.all(this.#workers.map((worker) => worker.resume()));
  }

  async close({ graceMs }: { graceMs: number }): Promise<void> {
    this.#closed = true;
    const graceOver = globalThis.setTimeout(() => {
      for (const { controller } of this.#running) controller.abort(new AttemptAborted('closing'));
    }, graceMs);
    await this.#stop();
    clearTimeout(graceOver);
    await Promise.all(this.#options.queues.map(({ deadLetters }) => deadLetters.close()));
    this.#options.onClosed(this);
  }

  #worker({ name, deadLetters, turns }: RedisConsumerOptions['queues'][number]): Worker<QueuedEntry> {
    const { url, prefix, concurrency, lockMs, onError } = this.#options;
    const process = (job: Job<QueuedEntry>, token = '') => this.#process(job, token, turns);
    const worker = new Worker<QueuedEntry>(name, process, {
      connection: { ...waitingForRedis, url },
      prefix,
      concurrency,
      lockDuration: lockMs,
      // AttemptLock renews instead: it also notices a Redis that is away and a process that was frozen.
      skipLockRenewal: true,
      stalledInterval: lockMs / 2,
      maxStalledCount: maxAttempts - 1,
      runRetryDelay: 1000,
    });
    worker.on('error', (error) => {
      if (!isConnectionError(error)) onError(error);
    });
    const settle = (job: Job<QueuedEntry> | undefined) => this.#unsettled.get(job?.token ?? '')?.settle();
    worker.on('completed', settle);
    worker.on('failed', (job) => {
      settle(job);
      deadLetters.sweep();
    });
    return worker;
  }

  /** Takes nothing more, waits for the handlers, and then for Redis as long as it may take. */
  async #stop(): Promise<void> {
    const workers = this.#workers;
    const allClosed = await this.#settledInTime(Promise.all(workers.map((worker) => worker.close())));
    if (!allClosed) for (const worker of workers) void worker.disconnect();
    this.#workers = [];
  }

  /** Waits for the handlers, and then for `work` as long as Redis may take for it; whether it came to its end. */
  async #settledInTime(work: Promise<unknown>): Promise<boolean> {
    const timeout = new AbortController();
    const timedOut = this.#idle().then(() => setTimeout(redisTimeoutMs, false, { signal: timeout.signal }));
    const ended = await Promise.race([work.then(() => true), timedOut]);
    timeout.abort();
    return ended;
  }

  async #idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all([...this.#running].map(({ ended }) => ended));
  }

  /** Works on an entry for BullMQ: returning completes it, throwing says what else becomes of it. */
  async #process(job: Job<QueuedEntry>, token: string, turns: Pick<Turns, 'take'>): Promise<void> {
    // BullMQ was waiting for an entry when it was paused or closed, and this one came.
    if (this.#paused || this.#closed) {
      await turns.take(job.data);
      return putBack(job, 0, token);
    }
    this.#unsettled.set(
      token,
      deferred(() => this.#unsettled.delete(token)),
    );
    const attempt = 1 + job.stalledCounter + job.attemptsMade;
    if (attempt > maxAttempts) throw new UnrecoverableError(`Its consumer died or failed ${maxAttempts} times.`);
    const controller = new AbortController();
    const lock = new AttemptLock({
      extend: async () => (await job.extendLock(token, this.#options.lockMs)) === 1,
      lockMs: this.#options.lockMs,
      onLost: () => controller.abort(new AttemptAborted('lock-lost')),
    });
    try {
      await turns.take(job.data);
      if (!(await this.#isOurs())) await putBack(job, otherStoreDelayMs, token);
      // Nobody would abort it any more.
      if (this.#closed) await putBack(job, 0, token);
      const result = await this.#run(job, attempt, controller);
      if (result.outcome === 'failed') this.#options.onError(result.error);
      // The entry is its next consumer's: leave it alone. BullMQ takes this error as "moved already".
      if (lock.lost) throw new WaitingError();
      if (result.outcome === 'failed') {
        throw attempt === maxAttempts ? new UnrecoverableError(result.error.message) : result.error;
      }
      if (result.outcome === 'return') await putBack(job, result.delayMs, token);
    } catch (error) {
      if (error instanceof WaitingError || error instanceof DelayedError) this.#unsettled.get(token)?.settle();
      throw error;
    } finally {
      lock.stop();
    }
  }

  /**
   * False, and reported, when the entries are another store's since Redis lost its data: they are left to its workers.
   */
  async #isOurs(): Promise<boolean> {
    try {
      await this.#options.mark.assertOurs();
    } catch (error) {
      if (!(error instanceof OtherStoreError)) return true;
      this.#options.onError(error);
      return false;
    }
    return true;
  }

  /** Runs the handler, after an attempt on the same job that lost its lock and is still winding up in this process. */
  async #run(job: Job<QueuedEntry>, attempt: number, controller: AbortController): Promise<AttemptOutcome> {
    const { jobId } = job.data;
    const predecessors = [...this.#running].filter((running) => running.jobId === jobId);
    for (const predecessor of predecessors) predecessor.controller.abort(new AttemptAborted('lock-lost'));
    const ended = Promise.all(predecessors.map((predecessor) => predecessor.ended)).then(() =>
      runHandler(this.#handler, job.data, {
        attempt,
        signal: controller.signal,
      }),
    );
    const running = { jobId, controller, ended };
    this.#running.add(running);
    try {
      return await ended;
    } finally {
      this.#running.delete(running);
    }
  }
}

/** A promise that `settle` resolves, after `onSettled`. */
function deferred(onSettled: () => void): { readonly settled: Promise<void>; readonly settle: () => void } {
  let settle = () => {};
  const settled = new Promise<void>((resolve) => {
    settle = () => {
      onSettled();
      resolve();
    };
  });
  return { settled, settle };
}

/** Puts an entry back for later, and throws what tells BullMQ so. */
async function putBack(job: Job<QueuedEntry>, delayMs: number, token: string): Promise<never> {
  if (delayMs > 0) {
    await job.moveToDelayed(Date.now() + delayMs, token);
    throw new DelayedError();
  }
  await job.moveToWait(token);
  throw new WaitingError();
}
