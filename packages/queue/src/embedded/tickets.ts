import { Turns } from '@mediclip/threads';
import { type JobEntry, maxAttempts, retryDelay } from '../job-queue.js';
import { queuedEntry } from '../queued-entry.js';
import type { Ticket } from './ticket.js';

/** The entries of an embedded queue: each is waiting, resting, or taken by a consumer. */
export class Tickets {
  readonly #byJobId = new Map<string, Ticket>();
  /** By kind. */
  readonly #waiting: Map<string, Turns<Ticket>>;
  readonly #retryDelayMs: number;
  readonly #onWaiting: () => void;

  /** `onWaiting` is called whenever an entry can be taken. */
  constructor(kinds: readonly string[], retryDelayMs: number, onWaiting: () => void) {
    this.#waiting = new Map(kinds.map((kind) => [kind, new Turns()]));
    this.#retryDelayMs = retryDelayMs;
    this.#onWaiting = onWaiting;
  }

  /** Adds an entry behind those of its tenant, unless it is here already. */
  add(entry: JobEntry): void {
    const { jobId, kind } = entry;
    if (this.#byJobId.has(jobId)) return;
    const ticket = { entry: queuedEntry(entry), caller: entry.tenant, failedAttempts: 0 };
    this.#byJobId.set(jobId, ticket);
    this.#waiting.get(kind)!.add(ticket);
    this.#onWaiting();
  }

  /** The waiting ticket of a kind whose turn it is. */
  take(kind: string): Ticket | undefined {
    return this.#waiting.get(kind)!.take();
  }

  /** Ends a taken ticket: its work is done, or its death is reported. */
  finish(ticket: Ticket): void {
    this.#byJobId.delete(ticket.entry.jobId);
  }

  /** Puts a taken ticket at the head of its kind, after a rest of `delayMs`. */
  putBack(ticket: Ticket, delayMs: number): void {
    if (this.#byJobId.get(ticket.entry.jobId) !== ticket) return;
    const arrive = () => {
      delete ticket.rest;
      this.#waiting.get(ticket.entry.kind)!.putBack([ticket]);
      this.#onWaiting();
    };
    if (delayMs > 0) ticket.rest = setTimeout(arrive, delayMs);
    else arrive();
  }

  /** Counts a failed attempt of a taken ticket and puts it back, dead when it was the last. */
  putBackFailed(ticket: Ticket, error: Error): void {
    ticket.failedAttempts += 1;
    if (ticket.failedAttempts < maxAttempts) {
      this.putBack(ticket, retryDelay(this.#retryDelayMs, ticket.failedAttempts));
    } else {
      ticket.deadReason = error.message;
      this.putBack(ticket, 0);
    }
  }

  /** Puts a dead ticket back whose report failed. */
  putBackUnreported(ticket: Ticket): void {
    this.putBack(ticket, this.#retryDelayMs);
  }

  /** Takes a waiting or resting entry out; one that a consumer has taken stays. */
  remove(jobId: string): void {
    const ticket = this.#byJobId.get(jobId);
    if (ticket === undefined) return;
    const wasWaiting = this.#waiting.get(ticket.entry.kind)!.remove(ticket);
    if (!wasWaiting && ticket.rest === undefined) return;
    clearTimeout(ticket.rest);
    this.#byJobId.delete(jobId);
  }

  /** Waiting and resting entries of a kind. */
  depth(kind: string): number {
    let depth = this.#waiting.get(kind)!.size;
    for (const { entry, rest } of this.#byJobId.values()) if (rest !== undefined && entry.kind === kind) depth += 1;
    return depth;
  }

  /** Forgets everything. */
  clear(): void {
    for (const { rest } of this.#byJobId.values()) clearTimeout(rest);
    this.#byJobId.clear();
    for (const waiting of this.#waiting.values()) waiting.clear();
  }
}
