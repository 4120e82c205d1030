/** A promise that the test itself resolves. */
export interface Deferred<T> {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (reason: unknown) => void;
}

export function deferred<T = void>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

/** What was pushed, to be awaited in order. */
export class Arrivals<T> {
  readonly #arrived: T[] = [];
  readonly #awaited: ((value: T) => void)[] = [];

  push(value: T): void {
    const waiter = this.#awaited.shift();
    if (waiter === undefined) this.#arrived.push(value);
    else waiter(value);
  }

  /** The next value that nobody has taken yet. */
  next(): Promise<T> {
    if (this.#arrived.length > 0) return Promise.resolve(this.#arrived.shift() as T);
    return new Promise((resolve) => this.#awaited.push(resolve));
  }

  /** How many values wait to be taken. */
  get size(): number {
    return this.#arrived.length;
  }
}

/** Resolves when a signal aborts, with its reason. */
export function aborted(signal: AbortSignal): Promise<unknown> {
  if (signal.aborted) return Promise.resolve(signal.reason);
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(signal.reason), { once: true }));
}
