/** How many wrong keys one address may send in a minute; requests with a good key are never turned away for them. */
export const mostWrongKeys = 100;
const minuteMs = 60_000;
const mostAddresses = 10_000;

/** Counts requests with wrong keys by address, a minute at a time. Each process counts for itself. */
export class WrongKeys {
  readonly #counts = new Map<string, number>();
  #endsMs = 0;

  readonly #most: number;
  readonly #now: () => number;

  constructor(most: number, now: () => number = Date.now) {
    this.#most = most;
    this.#now = now;
  }

  /** Counts one more of `address`. Returns the seconds that it has to wait when those were too many, else 0. */
  add(address: string): number {
    const nowMs = this.#now();
    if (nowMs >= this.#endsMs || this.#counts.size > mostAddresses) {
      this.#counts.clear();
      this.#endsMs = nowMs + minuteMs;
    }
    const count = (this.#counts.get(address) ?? 0) + 1;
    this.#counts.set(address, count);
    return count > this.#most ? Math.ceil((this.#endsMs - nowMs) / 1000) : 0;
  }
}
