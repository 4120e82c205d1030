import { EventEmitter } from 'node:events';
import { inSpan } from '@mediclip/tracing';
import { type JobsOptions, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
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
import { connectFailingFast } from './connection.js';
import { RedisConsumer } from './consumer.js';
import { DeadLetters } from './dead-letters.js';
import { StoreMark } from './store-mark.js';
import { Subscriber } from './subscriber.js';
import { Turns } from './turns.js';

export interface RedisJobQueueOptions {
  /** `redis://[user:password@]host:port[/db]`, or `rediss:` for TLS. */
  url: string;
  kinds: readonly string[];
  /** Before every key and channel; `mediclip` by default. */
  prefix?: string;
  /** Id of the store that the entries belong to. Under one prefix there may be those of one store only. */
  storeId: string;
  /** What a producer is told when the queue is full; 10 by default. */
  retryAfterSeconds?: number;
  /** Rest after the first attempt that threw, doubling from then on; 1000 by default. */
  retryDelayMs?: number;
  /** How long a consumer may be silent before its entries go to others; 15 000 by default. */
  lockMs?: number;
  /** Called with the errors that reach no caller: what a handler or `onDead` threw, and that Redis is away. */
  onError: (error: Error) => void;
}

const defaultPrefix = 'mediclip';

/**
 * Asks more than PING: a Redis that is out of memory, read-only or about to be replaced answers that. It leaves
 * nothing.
 */
const writeProbe = `redis.call('SET', KEYS[1], '')\nredis.call('DEL', KEYS[1])`;

/** Entries that `recover` adds in one transaction. */
const recoverBatch = 500;

/**
 * A queue on Redis through BullMQ, for any number of processes. Throws a `QueueUnavailableError` when Redis cannot be
 * reached now, refuses the password, evicts keys, or serves another store.
 */
export async function openRedisJobQueue(options: RedisJobQueueOptions): Promise<JobQueue> {
  const connection = await connectFailingFast(options.url);
  const mark = new StoreMark(connection, options.prefix ?? defaultPrefix, options.storeId);
  try {
    await mark.assertOurs();
  } catch (error) {
    connection.disconnect();
    throw error;
  }
  return new RedisJobQueue(connection, mark, options);
}

class RedisJobQueue implements JobQueue {
  readonly #options: Required<RedisJobQueueOptions>;
  readonly #connection: Redis;
  readonly #mark: StoreMark;
  /** By kind. */
  readonly #queues: ReadonlyMap<string, Queue<QueuedEntry>>;
  readonly #cancelChannel: string;
  readonly #consumers = new Set<RedisConsumer>();
  readonly #subscriber: Subscriber;
  /** Settles once cancelled jobs are listened for, which they are once there is a consumer. */
  #cancellations: Promise<void> | undefined;
  readonly #eventChannel: string;
  /** Emits the ids of jobs that are announced; subscribed to once somebody watches. */
  #announcements: EventEmitter | undefined;
  /**
   * By kind: the last enqueue under way. The next one waits for it, so that counting and adding are one step in this
   * process, and fails with it, so that they do not wait for a Redis that is away one after the other.
   */
  readonly #enqueuing = new Map<string, Promise<unknown>>();
  #closed = false;

  constructor(connection: Redis, mark: StoreMark, options: RedisJobQueueOptions) {
    this.#mark = mark;
    this.#options = { prefix: defaultPrefix, retryAfterSeconds: 10, retryDelayMs: 1000, lockMs: 15_000, ...options };
    const { kinds, prefix, onError } = this.#options;
    this.#connection = connection;
    connection.on('error', onError);
    this.#cancelChannel = `${prefix}:cancelled-jobs`;
    this.#eventChannel = `${prefix}:job-events`;
    this.#subscriber = new Subscriber(options.url);
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
      await this.#mark.assertOurs();
      if ((await waitingCount(queue)) >= maxDepth) {
        return { outcome: 'full', retryAfterSeconds: this.#options.retryAfterSeconds };
      }
      const [turn = 0] = await this.#turnsOf(entry.kind).give([entry]);
      await queue.add(entry.kind, queuedEntry(entry), this.#jobOptions(entry, turn));
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
        return { name: queue.name, deadLetters, turns: this.#turnsOf(kind) };
      }),
      concurrency,
      mark: this.#mark,
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

  async announce(jobId: string): Promise<void> {
    await this.#ask(() => this.#connection.publish(this.#eventChannel, jobId));
  }

  watch(jobId: string, listener: () => void): () => void {
    const announcements = this.#listenForEvents();
    announcements.on(jobId, listener);
    return () => void announcements.off(jobId, listener);
  }

  #listenForEvents(): EventEmitter {
    if (this.#announcements !== undefined) return this.#announcements;
    const announcements = new EventEmitter().setMaxListeners(0);
    this.#announcements = announcements;
    // Rejects only when the queue is closed before Redis has answered.
    this.#subscriber.listen(this.#eventChannel, (jobId) => announcements.emit(jobId)).catch(() => undefined);
    return announcements;
  }

  async depth(): Promise<Record<string, number>> {
    const counts = await this.#ask(() =>
      Promise.all([...this.#queues].map(async ([kind, queue]) => [kind, await waitingCount(queue)] as const)),
    );
    return Object.fromEntries(counts);
  }

  async ping(): Promise<void> {
    await this.#ask(() => this.#mark.assertOurs());
    const probe = `${this.#options.prefix}:probe`;
    await this.#ask(() => this.#connection.eval(writeProbe, 1, probe));
  }

  async recover(entries: readonly JobEntry[]): Promise<void> {
    for (const { kind } of entries) assertKnownKind(this.#options.kinds, kind);
    await this.ping();
    for (const [kind, queue] of this.#queues) {
      const ofKind = entries.filter((entry) => entry.kind === kind);
      for (let start = 0; start < ofKind.length; start += recoverBatch) {
        const batch = ofKind.slice(start, start + recoverBatch);
        const turns = await this.#ask(() => this.#turnsOf(kind).give(batch));
        const jobs = batch.map((entry, i) => {
          return { name: kind, data: queuedEntry(entry), opts: this.#jobOptions(entry, turns[i] ?? 0) };
        });
        await this.#ask(() => queue.addBulk(jobs));
      }
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([...this.#consumers].map((consumer) => consumer.close({ graceMs: 0 })));
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
    this.#subscriber.close();
    this.#announcements?.removeAllListeners();
    this.#connection.disconnect();
  }

  #listenForCancelled(): Promise<void> {
    this.#cancellations ??= this.#subscriber.listen(this.#cancelChannel, (jobId) => {
      for (const consumer of this.#consumers) consumer.abort(jobId, 'cancelled');
    });
    return this.#cancellations;
  }

  /**
   * BullMQ's settings for an entry. What is done is removed at once, so that it can be enqueued again; what is dead
   * stays until `DeadLetters` has reported it.
   */
  #jobOptions({ jobId }: JobEntry, turn: number): JobsOptions {
    return {
      jobId,
      priority: turn,
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

  #turnsOf(kind: string): Turns {
    return new Turns(this.#connection, this.#queueOf(kind));
  }

  /** Asks Redis; whatever goes wrong there is the queue being unavailable. */
  async #ask<T>(question: () => Promise<T>): Promise<T> {
    this.#assertOpen();
    try {
      return await question();
    } catch (error) {
      if (error instanceof QueueUnavailableError) throw error;
      throw new QueueUnavailableError(`The queue on Redis cannot be used: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new QueueUnavailableError('The queue is closed: open a new one.');
  }
}

async function waitingCount(queue: Queue<QueuedEntry>): Promise<number> {
  return await queue.getJobCountByTypes('wait', 'prioritized', 'delayed');
}
