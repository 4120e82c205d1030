import { type Attempt, type JobAttempts, StaleAttempt, type StoredJob } from '@mediclip/store';

/** Someone has asked for the job to be cancelled. */
export class JobCancelled extends Error {
  override readonly name = 'JobCancelled';

  constructor() {
    super('Someone asked for the job to be cancelled.');
  }
}

/** The attempt has run as long as it may. */
export class JobTooLong extends Error {
  override readonly name = 'JobTooLong';

  constructor(readonly limitMs: number) {
    super(`The attempt ran for ${limitMs / 1000} s, as long as it may.`);
  }
}

const intervalMs = 500;

/**
 * Looks at a job's record while an attempt works on it, so that a cancellation is noticed even when the queue could not
 * tell of it, and so that an attempt whose successor has begun stops; and ends one that runs longer than it may.
 * `signal` aborts with a `JobCancelled`, a `StaleAttempt` or a `JobTooLong`.
 */
export class AttemptWatch {
  readonly #controller = new AbortController();
  readonly #onError: (error: unknown) => void;
  readonly #limit: NodeJS.Timeout;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(
    attempts: Pick<JobAttempts, 'assertCurrent'>,
    attempt: Attempt,
    { timeoutMs, onError }: { readonly timeoutMs: number; readonly onError: (error: unknown) => void },
  ) {
    this.#onError = onError;
    this.#limit = setTimeout(() => this.abort(new JobTooLong(timeoutMs)), timeoutMs);
    const look = async () => {
      await attempts.assertCurrent(attempt).then(
        (stored) => this.saw(stored),
        (error) => this.failed(error),
      );
      this.#again(look);
    };
    this.#again(look);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Takes note of the record, from whoever has just read it. */
  saw({ cancelRequestedAt }: StoredJob): void {
    if (cancelRequestedAt !== undefined) this.abort(new JobCancelled());
  }

  /** Takes note of a write or read that failed: only the loss of the right to work ends the attempt. */
  failed(error: unknown): void {
    if (error instanceof StaleAttempt) this.abort(error);
    else this.#onError(error);
  }

  abort(reason: Error): void {
    this.#controller.abort(reason);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#limit);
    clearTimeout(this.#timer);
  }

  #again(look: () => Promise<void>): void {
    if (!this.#stopped && !this.signal.aborted) this.#timer = setTimeout(look, intervalMs);
  }
}
