import type { Queue } from 'bullmq';
import type { JobEntry } from '../job-queue.js';
import { idsOf, type QueuedEntry } from '../queued-entry.js';

export interface DeadLettersOptions {
  /** The BullMQ queue whose failed set holds the entries that have used up their attempts. */
  queue: Queue<QueuedEntry>;
  onDead: (entry: JobEntry, reason: string) => Promise<void>;
  onError: (error: Error) => void;
  /** How soon to look again after a report failed. */
  retryDelayMs: number;
  /** How often to look for what a consumer left that died before it reported. */
  intervalMs: number;
}

/** Reports dead entries, and removes each once its report has succeeded. */
export class DeadLetters {
  readonly #options: DeadLettersOptions;
  readonly #interval: NodeJS.Timeout;
  #retry: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: DeadLettersOptions) {
    this.#options = options;
    this.#interval = setInterval(() => this.sweep(), options.intervalMs);
    this.sweep();
  }

  /** Reports all that are there, after a sweep that is under way. */
  sweep(): void {
    this.#sweeping = this.#sweeping.then(() => this.#reportAll());
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#interval);
    clearTimeout(this.#retry);
    await this.#sweeping;
  }

  async #reportAll(): Promise<void> {
    if (this.#closed) return;
    try {
      for (const job of await this.#options.queue.getFailed()) {
        await this.#options.onDead(idsOf(job.data), job.failedReason);
        await job.remove();
      }
    } catch (error) {
      this.#options.onError(error as Error);
      clearTimeout(this.#retry);
      if (!this.#closed) this.#retry = setTimeout(() => this.sweep(), this.#options.retryDelayMs);
    }
  }
}
