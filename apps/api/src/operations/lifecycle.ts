/**
 * Whether the server takes requests. It goes from `serving` over `draining` (not ready, still answering) to `closing`.
 */
export class Lifecycle {
  #state: 'serving' | 'draining' | 'closing' = 'serving';
  readonly #closing = new AbortController();

  /** True as long as the server should be sent requests. */
  get isServing(): boolean {
    return this.#state === 'serving';
  }

  /** True when new requests are refused. */
  get isClosing(): boolean {
    return this.#state === 'closing';
  }

  /** Aborts when the server closes: what would go on for long ends then. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Reports the server as not ready, so that balancers send requests elsewhere. */
  drain(): void {
    if (this.#state === 'serving') this.#state = 'draining';
  }

  /** Refuses new requests. */
  close(): void {
    this.#state = 'closing';
    this.#closing.abort();
  }
}
