import type { JobProgress } from '@mediclip/contracts';

/** How far the work is. */
export type ProgressStep = Omit<JobProgress, 'etaSeconds'>;

export interface ProgressReporterOptions {
  /** The phase that takes most of the time: the time left is estimated from its rate. */
  readonly mainPhase: string;
  readonly write: (progress: JobProgress) => Promise<void>;
  /** Called with what `write` rejects with; the next report is written all the same. */
  readonly onError: (error: unknown) => void;
  /** Between two writes. */
  readonly intervalMs?: number;
  /** A clock in milliseconds that never goes back. */
  readonly now?: () => number;
}

/** Writes the latest report a few times a second, one write after the other, however often work reports. */
export class ProgressReporter {
  readonly #options: Required<ProgressReporterOptions>;
  #latest: ProgressStep | undefined;
  /** Where the main phase was when this attempt came to it. */
  #origin: { readonly done: number; readonly at: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;

  constructor(options: ProgressReporterOptions) {
    this.#options = { intervalMs: 400, now: () => performance.now(), ...options };
  }

  report(step: ProgressStep): void {
    this.#latest = step;
    if (step.phase === this.#options.mainPhase) this.#origin ??= { done: step.done, at: this.#options.now() };
    if (this.#timer === undefined && this.#writing === undefined) this.#write();
  }

  /** Writes what has not been written yet, and stops. */
  async close(): Promise<void> {
    await this.#writing;
    clearTimeout(this.#timer);
    if (this.#latest !== undefined) this.#write();
    await this.#writing;
    clearTimeout(this.#timer);
  }

  #write(): void {
    const step = this.#latest!;
    this.#latest = undefined;
    this.#timer = undefined;
    const { write, onError, intervalMs } = this.#options;
    this.#writing = write({ ...step, ...this.#timeLeft(step) })
      .catch(onError)
      .then(() => {
        this.#writing = undefined;
        this.#timer = setTimeout(() => {
          this.#timer = undefined;
          if (this.#latest !== undefined) this.#write();
        }, intervalMs);
      });
  }

  #timeLeft({ phase, done, total }: ProgressStep): { etaSeconds?: number } {
    const origin = this.#origin;
    if (phase !== this.#options.mainPhase || origin === undefined || done <= origin.done) return {};
    const secondsEach = (this.#options.now() - origin.at) / 1000 / (done - origin.done);
    return { etaSeconds: Math.round(Math.max(0, total - done) * secondsEach * 10) / 10 };
  }
}
