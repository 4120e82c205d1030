export interface AttemptLockOptions {
  /** Prolongs the lock to `lockMs` from now; false when it is no longer this attempt's. */
  extend: () => Promise<boolean>;
  lockMs: number;
  /** Called once, when the lock is lost. */
  onLost: () => void;
}

/**
 * Keeps one attempt's lock on its entry. The lock is lost when Redis says so, and also when it could not be prolonged
 * in time, because Redis was away or this process was frozen: another consumer may have the entry by then.
 */
export class AttemptLock {
  readonly #options: AttemptLockOptions;
  readonly #timer: NodeJS.Timeout;
  #heldUntilMs: number;
  #extending = false;
  #lost = false;

  /** Starts right after the lock was acquired. */
  constructor(options: AttemptLockOptions) {
    this.#options = options;
    this.#heldUntilMs = performance.now() + options.lockMs;
    this.#timer = setInterval(() => this.#tick(), options.lockMs / 3);
    this.#tick();
  }

  get lost(): boolean {
    return this.#lost;
  }

  /** Stops prolonging. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = performance.now();
    if (now > this.#heldUntilMs) {
      this.#lose();
    } else if (!this.#extending) {
      this.#extending = true;
      this.#options
        .extend()
        .then(
          (held) => {
            if (held) this.#heldUntilMs = now + this.#options.lockMs;
            else this.#lose();
          },
          // Redis is away: the lock lasts until it runs out.
          () => undefined,
        )
        .finally(() => {
          this.#extending = false;
        });
    }
  }

  #lose(): void {
    if (this.#lost) return;
    this.#lost = true;
    this.stop();
    this.#options.onLost();
  }
}
