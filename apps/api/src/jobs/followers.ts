import { setImmediate as yieldToEventLoop } from 'node:timers/promises';

/** Followers that are woken in one turn of the event loop: each writes to its client before others are served. */
const wokenInOneTurn = 50;

/** Those who wait for news of one thing. */
export class Followers {
  readonly #waiting = new Set<() => void>();

  /**
   * Resolves when there was news since the call, `signal` has aborted, or `timeoutMs` have passed; true for the latter.
   */
  async isSilentFor(timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    return new Promise((resolve) => {
      const settle = (isSilent: boolean) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onChange);
        this.#waiting.delete(onChange);
        resolve(isSilent);
      };
      const onChange = () => settle(false);
      const timer = setTimeout(() => settle(true), timeoutMs);
      signal.addEventListener('abort', onChange);
      this.#waiting.add(onChange);
    });
  }

  /** Wakes all who wait at this moment, some in each turn of the event loop, so that other requests go between. */
  async wake(): Promise<void> {
    for (const [index, wake] of [...this.#waiting].entries()) {
      if (index > 0 && index % wokenInOneTurn === 0) await yieldToEventLoop();
      wake();
    }
  }
}
