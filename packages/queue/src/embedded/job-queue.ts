import { EventEmitter } from 'node:events';
import { inSpan } from '@mediclip/tracing';
import {
  assertKnownKind,
  type ConsumeOptions,
  type Consumer,
  consumedKinds,
  type EnqueueResult,
  type JobEntry,
  type JobHandler,
  type JobQueue,
  QueueUnavailableError,
} from '../job-queue.js';
import { spanAttributes } from '../queued-entry.js';
import { EmbeddedConsumer } from './consumer.js';
import { Tickets } from './tickets.js';

export interface EmbeddedJobQueueOptions {
  kinds: readonly string[];
  /** What a producer is told when the queue is full; 10 by default. */
  retryAfterSeconds?: number;
  /** Rest after the first attempt that threw, doubling from then on; 1000 by default. */
  retryDelayMs?: number;
  /** Called with the errors that reach no caller: what a handler or `onDead` threw. */
  onError: (error: Error) => void;
}

/** A queue in this process's memory, for an API and a worker that live in one process. Starts empty: call `recover`. */
export function openEmbeddedJobQueue(options: EmbeddedJobQueueOptions): JobQueue {
  return new EmbeddedJobQueue(options);
}

class EmbeddedJobQueue implements JobQueue {
  readonly #kinds: readonly string[];
  readonly #retryAfterSeconds: number;
  readonly #onError: (error: Error) => void;
  readonly #tickets: Tickets;
  readonly #consumers = new Set<EmbeddedConsumer>();
  /** Emits the ids of jobs that are announced. */
  readonly #announcements = new EventEmitter().setMaxListeners(0);
  #closed = false;

  constructor({ kinds, retryAfterSeconds = 10, retryDelayMs = 1000, onError }: EmbeddedJobQueueOptions) {
    this.#kinds = kinds;
    this.#retryAfterSeconds = retryAfterSeconds;
    this.#onError = onError;
    this.#tickets = new Tickets(kinds, retryDelayMs, () => {
      for (const consumer of this.#consumers) consumer.takeWaiting();
    });
  }

  async enqueue(entry: JobEntry, { maxDepth }: { maxDepth: number }): Promise<EnqueueResult> {
    this.#assertOpen();
    assertKnownKind(this.#kinds, entry.kind);
    if (this.#tickets.depth(entry.kind) >= maxDepth) {
      return { outcome: 'full', retryAfterSeconds: this.#retryAfterSeconds };
    }
    await inSpan(`enqueue ${entry.kind}`, { kind: 'producer', attributes: spanAttributes(entry) }, async () =>
      this.#tickets.add(entry),
    );
    return { outcome: 'accepted' };
  }

  async consume(handler: JobHandler, { kinds, concurrency, onDead }: ConsumeOptions): Promise<Consumer> {
    this.#assertOpen();
    const consumer = new EmbeddedConsumer(this.#tickets, handler, {
      kinds: consumedKinds(this.#kinds, kinds),
      concurrency,
      onDead,
      onError: this.#onError,
      onClosed: (closed) => this.#consumers.delete(closed),
    });
    this.#consumers.add(consumer);
    consumer.takeWaiting();
    return consumer;
  }

  async cancel({ jobId }: JobEntry): Promise<void> {
    this.#assertOpen();
    this.#tickets.remove(jobId);
    for (const consumer of this.#consumers) consumer.abort(jobId, 'cancelled');
  }

  async announce(jobId: string): Promise<void> {
    this.#assertOpen();
    this.#announcements.emit(jobId);
  }

  watch(jobId: string, listener: () => void): () => void {
    this.#announcements.on(jobId, listener);
    return () => void this.#announcements.off(jobId, listener);
  }

  async depth(): Promise<Record<string, number>> {
    this.#assertOpen();
    return Object.fromEntries(this.#kinds.map((kind) => [kind, this.#tickets.depth(kind)]));
  }

  async ping(): Promise<void> {
    this.#assertOpen();
  }

  async recover(entries: readonly JobEntry[]): Promise<void> {
    this.#assertOpen();
    for (const { kind } of entries) assertKnownKind(this.#kinds, kind);
    for (const entry of entries) this.#tickets.add(entry);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#consumers].map((consumer) => consumer.close({ graceMs: 0 })));
    this.#tickets.clear();
    this.#announcements.removeAllListeners();
  }

  #assertOpen(): void {
    if (this.#closed) throw new QueueUnavailableError('The queue is closed: open a new one.');
  }
}
