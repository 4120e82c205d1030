import { DelayedError, type Job, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import {
  type AbortCause,
  AttemptAborted,
  type Consumer,
  fencingToken,
  type JobEntry,
  type JobHandler,
  maxAttempts,
} from '../job-queue.js';
import { runHandler } from '../run-handler.js';
import { AttemptLock } from './attempt-lock.js';
import { isConnectionError, patient } from './connection.js';
import type { DeadLetters } from './dead-letters.js';

export interface RedisConsumerOptions {
  /** By kind: the BullMQ queue's name, and who hears of its dead entries. */
  kinds: ReadonlyMap<string, { queueName: string; deadLetters: DeadLetters }>;
  concurrency: number;
  url: string;
  prefix: string;
  lockMs: number;
  onError: (error: Error) => void;
  onClosed: (consumer: RedisConsumer) => void;
}

interface RunningAttempt {
  jobId: string;
  abort: (cause: AbortCause) => void;
  settled: Promise<unknown>;
}

/** How long closing waits for Redis itself, after the grace; locks that couldn't be released run out. */
const closingPatienceMs = 5000;

/** Runs the handler on entries in BullMQ queues, one BullMQ worker for each kind. */
export class RedisConsumer implements Consumer {
  readonly #handler: JobHandler;
  readonly #options: RedisConsumerOptions;
  readonly #workers: Worker<JobEntry>[];
  readonly #running = new Set<RunningAttempt>();
  #pausing: Promise<unknown> = Promise.resolve();

  constructor(handler: JobHandler, options: RedisConsumerOptions) {
    this.#handler = handler;
    this.#options = options;
    this.#workers = [...options.kinds.values()].map(({ queueName, deadLetters }) => {
      const worker = new Worker<JobEntry>(queueName, (job, token) => this.#process(job, token as string), {
        connection: { url: options.url, ...patient },
        prefix: options.prefix,
        concurrency: options.concurrency,
        lockDuration: options.lockMs,
        // AttemptLock renews instead: it also notices a Redis that is away and a process that was frozen.
        skipLockRenewal: true,
        stalledInterval: options.lockMs / 2,
        maxStalledCount: maxAttempts - 1,
        runRetryDelay: 1000,
      });
      worker.on('error', (error) => {
        if (!isConnectionError(error)) options.onError(error);
      });
      worker.on('failed', () => deadLetters.sweep());
      return worker;
    });
  }

  async ready(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.waitUntilReady()));
  }

  /** Aborts the attempts on a job that run here. */
  abort(jobId: string, cause: AbortCause): void {
    for (const attempt of this.#running) if (attempt.jobId === jobId) attempt.abort(cause);
  }

  async pause(): Promise<void> {
    this.#pausing = Promise.all(this.#workers.map((worker) => worker.pause()));
    await this.#pausing;
  }

  async resume(): Promise<void> {
    await this.#pausing;
    for (const worker of this.#workers) await worker.resume();
  }

  async close({ graceMs }: { graceMs: number }): Promise<void> {
    const graceOver = setTimeout(() => {
      for (const attempt of this.#running) attempt.abort('closing');
    }, graceMs);
    const patienceOver = setTimeout(() => {
      for (const worker of this.#workers) void worker.disconnect();
    }, graceMs + closingPatienceMs);
    await Promise.all(this.#workers.map((worker) => worker.close()));
    clearTimeout(graceOver);
    clearTimeout(patienceOver);
    await Promise.all([...this.#options.kinds.values()].map(({ deadLetters }) => deadLetters.close()));
    this.#options.onClosed(this);
  }

  async #process(job: Job<JobEntry>, token: string): Promise<void> {
    const controller = new AbortController();
    const abort = (cause: AbortCause) => controller.abort(new AttemptAborted(cause));
    const { lockMs } = this.#options;
    const lock = new AttemptLock({
      extend: async () => (await job.extendLock(token, lockMs)) === 1,
      lockMs,
      onLost: () => abort('lock-lost'),
    });
    const predecessors = [...this.#running].filter(({ jobId }) => jobId === job.data.jobId);
    const work = this.#work(job, token, lock, controller.signal, predecessors);
    const running = { jobId: job.data.jobId, abort, settled: work.catch(() => undefined) };
    this.#running.add(running);
    try {
      await work;
    } finally {
      lock.stop();
      this.#running.delete(running);
    }
  }

  /** Runs the handler. Throws BullMQ's own signals for what becomes of the entry; returning completes it. */
  async #work(
    job: Job<JobEntry>,
    token: string,
    lock: AttemptLock,
    signal: AbortSignal,
    predecessors: readonly RunningAttempt[],
  ): Promise<void> {
    const attempt = 1 + job.stalledCounter + job.attemptsMade;
    if (attempt > maxAttempts) throw new UnrecoverableError(`Its consumer died or failed ${maxAttempts} times.`);
    // An attempt of this very job that lost its lock may still be winding up in this process.
    for (const predecessor of predecessors) predecessor.abort('lock-lost');
    await Promise.all(predecessors.map(({ settled }) => settled));

    const result = await runHandler(this.#handler, job.data, {
      attempt,
      lastAttempt: attempt === maxAttempts,
      fencingToken: fencingToken(job.timestamp, job.attemptsStarted),
      signal,
    });
    if (result.outcome === 'failed') this.#options.onError(result.error);
    // The entry is its next consumer's: leave it alone. (BullMQ takes this as "moved already".)
    if (lock.lost) throw new WaitingError();
    if (result.outcome === 'failed') throw result.error;
    if (result.outcome === 'done') return;
    if (result.delayMs > 0) {
      await job.moveToDelayed(Date.now() + result.delayMs, token);
      throw new DelayedError();
    }
    await job.moveToWait(token);
    throw new WaitingError();
  }
}
