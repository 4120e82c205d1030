import { type AbortCause, AttemptAborted, type Consumer, type JobEntry, type JobHandler } from '../job-queue.js';
import { idsOf } from '../queued-entry.js';
import { runHandler } from '../run-handler.js';
import type { Ticket } from './ticket.js';
import type { Tickets } from './tickets.js';

export interface EmbeddedConsumerOptions {
  kinds: readonly string[];
  concurrency: number;
  onDead: (entry: JobEntry, reason: string) => Promise<void>;
  onError: (error: Error) => void;
  onClosed: (consumer: EmbeddedConsumer) => void;
}

interface RunningAttempt {
  kind: string;
  controller: AbortController;
  settled: Promise<void>;
}

/** Runs the handler on entries of an embedded queue, `concurrency` of each kind at once. */
export class EmbeddedConsumer implements Consumer {
  readonly #tickets: Tickets;
  readonly #handler: JobHandler;
  readonly #options: EmbeddedConsumerOptions;
  readonly #running = new Map<string, RunningAttempt>();
  #taking = true;
  #closed = false;

  constructor(tickets: Tickets, handler: JobHandler, options: EmbeddedConsumerOptions) {
    this.#tickets = tickets;
    this.#handler = handler;
    this.#options = options;
  }

  /** Takes what waits, as far as places are free. */
  takeWaiting(): void {
    for (const kind of this.#options.kinds) {
      while (this.#taking && this.#runningOf(kind) < this.#options.concurrency) {
        const ticket = this.#tickets.take(kind);
        if (ticket === undefined) break;
        this.#start(ticket);
      }
    }
  }

  /** Aborts the attempt on a job, if it runs here. */
  abort(jobId: string, cause: AbortCause): void {
    this.#running.get(jobId)?.controller.abort(new AttemptAborted(cause));
  }

  async pause(): Promise<void> {
    this.#taking = false;
    await this.#idle();
  }

  async resume(): Promise<void> {
    this.#taking = !this.#closed;
    this.takeWaiting();
  }

  async close({ graceMs }: { graceMs: number }): Promise<void> {
    this.#closed = true;
    this.#taking = false;
    const graceOver = setTimeout(() => {
      for (const jobId of this.#running.keys()) this.abort(jobId, 'closing');
    }, graceMs);
    await this.#idle();
    clearTimeout(graceOver);
    this.#options.onClosed(this);
  }

  #start(ticket: Ticket): void {
    const { kind, jobId } = ticket.entry;
    const controller = new AbortController();
    // Never in the caller's own turn: `enqueue` answers before its entry is worked on.
    const settled = Promise.resolve()
      .then(() => this.#work(ticket, controller.signal))
      .then((settle) => {
        this.#running.delete(jobId);
        settle();
        this.takeWaiting();
      });
    this.#running.set(jobId, { kind, controller, settled });
  }

  /** Runs the handler, or reports a dead entry; returns what becomes of the ticket. */
  async #work(ticket: Ticket, signal: AbortSignal): Promise<() => void> {
    if (ticket.deadReason !== undefined) return this.#report(ticket, ticket.deadReason);
    const attempt = ticket.failedAttempts + 1;
    const result = await runHandler(this.#handler, ticket.entry, { attempt, signal });
    if (result.outcome === 'done') return () => this.#tickets.finish(ticket);
    if (result.outcome === 'return') return () => this.#tickets.putBack(ticket, result.delayMs);
    this.#options.onError(result.error);
    return () => this.#tickets.putBackFailed(ticket, result.error);
  }

  async #report(ticket: Ticket, reason: string): Promise<() => void> {
    try {
      await this.#options.onDead(idsOf(ticket.entry), reason);
      return () => this.#tickets.finish(ticket);
    } catch (error) {
      this.#options.onError(error as Error);
      return () => this.#tickets.putBackUnreported(ticket);
    }
  }

  #runningOf(kind: string): number {
    let count = 0;
    for (const attempt of this.#running.values()) if (attempt.kind === kind) count += 1;
    return count;
  }

  async #idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all([...this.#running.values()].map(({ settled }) => settled));
  }
}
