import { inSpan } from '@mediclip/tracing';
import { type JobsOptions, Queue } from 'bullmq';
import { Redis } from 'ioredis';
import {
  assertKnownKind,
  type ConsumeOptions,
  type Consumer,
  consumedKinds,
  type EnqueueResult,
  type JobEntry,
  type JobHandler,
  type JobQueue,
  maxAttempts,
  QueueUnavailableError,
} from '../job-queue.js';
import { type QueuedEntry, queuedEntry, spanAttributes } from '../queued-entry.js';
import { connectImpatiently, patient } from './connection.js';
import { RedisConsumer } from './consumer.js';
import { DeadLetters } from './dead-letters.js';

export interface RedisJobQueueOptions {
  /** `redis://[user:password@]host:port[/db]`, or `rediss:` for TLS. */
  url: string;
  kinds: readonly string[];
  /** Before every key and channel; `mediclip` by default. */
  prefix?: string;
  /** What a producer is told when the queue is full; 10 by default. */
  retryAfterSeconds?: number;
  /** Rest after the first attempt that threw, doubling from then on; 1000 by default. */
  retryDelayMs?: number;
  /** How long a consumer may be silent before its entries go to others; 15 000 by default. */
  lockMs?: number;
  /** Told what no caller hears: what a handler or `onDead` threw, and that Redis is away. */
  onError: (error: Error) => void;
}

/** Entries that `recover` adds in one transaction. */
const recoverBatch = 500;

/**
 * A queue on Redis through BullMQ, for any number of processes. Throws a `QueueUnavailableError` when Redis can't be
 * reached now, refuses the password, or evicts keys.
 */
export async function openRedisJobQueue(options: RedisJobQueueOptions): Promise<JobQueue> {
  return new RedisJobQueue(await connectImpatiently(options.url), options);
}

class RedisJobQueue implements JobQueue {
  readonly #options: Required<RedisJobQueueOptions>;
  readonly #connection: Redis;
  /** By kind. */
  readonly #queues: ReadonlyMap<string, Queue<QueuedEntry>>;
  readonly #cancelChannel: string;
  readonly #consumers = new Set<RedisConsumer>();
  /** Hears of cancelled jobs; there is one once there is a consumer. */
  #subscriber: Redis | undefined;
  /**
   * By kind: the last enqueue under way. The next one waits for it, so that counting and adding are one step in this
   * process, and fails with it, so that they don't wait for a Redis that is away one after the other.
   */
  readonly #enqueuing = new Map<string, Promise<unknown>>();
  #closed = false;

  constructor(connection: Redis, options: RedisJobQueueOptions) {
    this.#options = { prefix: 'mediclip', retryAfterSeconds: 10, retryDelayMs: 1000, lockMs: 15_000, ...options };
    const { kinds, prefix, onError } = this.#options;
    this.#connection = connection;
    connection.on('error', onError);
    this.#cancelChannel = `${prefix}:cancelled-jobs`;
    this.#queues = new Map(
      kinds.map((kind) => {
        const queue = new Queue<QueuedEntry>(`${kind}-jobs`, {
          connection,
          prefix,
          streams: { events: { maxLen: 100 } },
        });
        // The connection is shared, and reports its own errors.
        queue.on('error', () => undefined);
        return [kind, queue];
      }),
    );
  }

  enqueue(entry: JobEntry, options: { maxDepth: number }): Promise<EnqueueResult> {
    return inSpan(`enqueue ${entry.kind}`, { kind: 'producer', attributes: spanAttributes(entry) }, () =>
      this.#enqueue(entry, options),
    );
  }

  async #enqueue(entry: JobEntry, { maxDepth }: { maxDepth: number }): Promise<EnqueueResult> {
    const queue = this.#queueOf(entry.kind);
    const previous = this.#enqueuing.get(entry.kind);
    const adding = this.#ask(async (): Promise<EnqueueResult> => {
      await previous;
      if ((await waitingCount(queue)) >= maxDepth) {
        return { outcome: 'full', retryAfterSeconds: this.#options.retryAfterSeconds };
      }
      await queue.add(entry.kind, queuedEntry(entry), this.#jobOptions(entry));
      return { outcome: 'accepted' };
    });
    this.#enqueuing.set(entry.kind, adding);
    try {
      return await adding;
    } finally {
      if (this.#enqueuing.get(entry.kind) === adding) this.#enqueuing.delete(entry.kind);
    }
  }

  async consume(handler: JobHandler, { kinds, concurrency, onDead }: ConsumeOptions): Promise<Consumer> {
    const taken = consumedKinds(this.#options.kinds, kinds);
    // What follows waits for a Redis that is away; this says so.
    await this.ping();
    await this.#listenForCancelled();
    const { prefix, lockMs, retryDelayMs, onError, url } = this.#options;
    const consumer = new RedisConsumer(handler, {
      queues: taken.map((kind) => {
        const queue = this.#queueOf(kind);
        const deadLetters = new DeadLetters({ queue, onDead, onError, retryDelayMs, intervalMs: lockMs });
        return { name: queue.name, deadLetters };
      }),
      concurrency,
      url,
      prefix,
      lockMs,
      onError,
      onClosed: (closed) => this.#consumers.delete(closed),
    });
    this.#consumers.add(consumer);
    await consumer.start();
    return consumer;
  }

  async cancel({ jobId, kind }: JobEntry): Promise<void> {
    const queue = this.#queueOf(kind);
    await this.#ask(async () => {
      await queue.remove(jobId);
      await this.#connection.publish(this.#cancelChannel, jobId);
    });
  }

  async depth(): Promise<Record<string, number>> {
    const counts = await this.#ask(() =>
      Promise.all([...this.#queues].map(async ([kind, queue]) => [kind, await waitingCount(queue)] as const)),
    );
    return Object.fromEntries(counts);
  }

  async ping(): Promise<void> {
    await this.#ask(() => this.#connection.ping());
  }

  async recover(entries: readonly JobEntry[]): Promise<void> {
    for (const { kind } of entries) assertKnownKind(this.#options.kinds, kind);
    for (const [kind, queue] of this.#queues) {
      const missing = entries
        .filter((entry) => entry.kind === kind)
        .map((entry) => ({ name: kind, data: queuedEntry(entry), opts: this.#jobOptions(entry) }));
      for (let start = 0; start < missing.length; start += recoverBatch) {
        await this.#ask(() => queue.addBulk(missing.slice(start, start + recoverBatch)));
      }
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([...this.#consumers].map((consumer) => consumer.close({ graceMs: 0 })));
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
    this.#subscriber?.disconnect();
    this.#connection.disconnect();
  }

  async #listenForCancelled(): Promise<void> {
    if (this.#subscriber !== undefined) return;
    const subscriber = new Redis(this.#options.url, patient);
    this.#subscriber = subscriber;
    // The shared connection reports that Redis is away; this one only comes back.
    subscriber.on('error', () => undefined);
    subscriber.on('message', (_channel, jobId) => {
      for (const consumer of this.#consumers) consumer.abort(jobId, 'cancelled');
    });
    await subscriber.subscribe(this.#cancelChannel);
  }

  /**
   * BullMQ's settings for an entry. What is done is removed at once, so that it can be enqueued again; what is dead
   * stays until `DeadLetters` has reported it.
   */
  #jobOptions({ jobId }: JobEntry): JobsOptions {
    return {
      jobId,
      attempts: maxAttempts,
      backoff: { type: 'exponential', delay: this.#options.retryDelayMs },
      removeOnComplete: true,
      removeOnFail: { count: 1000 },
      stackTraceLimit: 0,
    };
  }

  #queueOf(kind: string): Queue<QueuedEntry> {
    assertKnownKind(this.#options.kinds, kind);
    return this.#queues.get(kind)!;
  }

  /** Asks Redis; whatever goes wrong there is the queue being unavailable. */
  async #ask<T>(question: () => Promise<T>): Promise<T> {
    this.#assertOpen();
    try {
      return await question();
    } catch (error) {
      throw new QueueUnavailableError(`The queue on Redis can't be used: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new QueueUnavailableError('The queue is closed: open a new one.');
  }
}

async function waitingCount(queue: Queue<QueuedEntry>): Promise<number> {
  return await queue.getJobCountByTypes('wait', 'delayed');
}
