import { ThreadError } from './thread-error.js';
import { Turns } from './turns.js';

export interface ByteBudgetOptions {
  /** Bytes that may be taken at once. */
  readonly bytes: number;
  /** How often each caller may wait for bytes at once; by default 1,000. */
  readonly maximumWaiting?: number;
  /** How long each may wait; by default as long as it takes. */
  readonly longestWaitMs?: number;
}

export interface TakeOptions {
  /** Once it is aborted, who waits waits no longer. */
  readonly signal?: AbortSignal | undefined;
  /** Those who wait take turns by caller; those without one are one caller's. */
  readonly caller?: string | undefined;
}

/** Bytes that were taken; `giveBack` may be called more than once. */
export interface Lease {
  giveBack(): void;
}

/** Bytes that may become more. */
export interface GrowingLease extends Lease {
  /** Takes so many more bytes, if they are free now and nobody waits, and says whether it did. */
  grow(bytes: number): boolean;
}

interface Waiting {
  readonly bytes: number;
  readonly caller: string;
  readonly grant: () => void;
}

const defaultMaximumWaiting = 1_000;

/**
 * A number of bytes that several share, so that what they have in memory together is bounded. What does not fit waits
 * its turn: nobody overtakes the one whose turn it is, so that large ones come to theirs. Who holds bytes must not wait
 * for more of the same budget.
 *
 * @example
 * const lease = await budget.take(file.sizeBytes, { signal, caller: tenant });
 * try { await store(await readFile(file.path)); } finally { lease.giveBack(); }
 */
export class ByteBudget {
  readonly #bytes: number;
  readonly #maximumWaiting: number;
  readonly #longestWaitMs: number | undefined;
  readonly #turns = new Turns<Waiting>();
  #takenBytes = 0;
  #next: Waiting | undefined;

  /** Throws a RangeError unless `bytes` is at least 1. */
  constructor({ bytes, maximumWaiting = defaultMaximumWaiting, longestWaitMs }: ByteBudgetOptions) {
    if (!(bytes >= 1)) throw new RangeError(`A budget of ${bytes} bytes holds nothing; give at least 1.`);
    this.#bytes = bytes;
    this.#maximumWaiting = maximumWaiting;
    this.#longestWaitMs = longestWaitMs;
  }

  /** Bytes that are taken now. */
  get takenBytes(): number {
    return this.#takenBytes;
  }

  /**
   * Takes `bytes`, of a number beyond the whole budget all of it, as soon as they are free and it is the caller's turn.
   * Rejects with the reason of `signal`, and with the ThreadError `queue-full` when as many of its caller wait as may,
   * or it waited as long as it may.
   */
  async take(bytes: number, { signal, caller = '' }: TakeOptions = {}): Promise<Lease> {
    signal?.throwIfAborted();
    const wanted = Math.min(bytes, this.#bytes);
    const lease = this.takeNow(wanted);
    if (lease) return lease;
    if (this.#turns.sizeOf(caller) >= this.#maximumWaiting) {
      throw noRoom();
    }
    return new Promise<Lease>((resolve, reject) => {
      const waiting: Waiting = {
        bytes: wanted,
        caller,
        grant: () => {
          stopWaiting();
          resolve(this.#lease(wanted));
        },
      };
      const stopWaiting = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      const giveUp = (reason: unknown) => {
        stopWaiting();
        if (this.#next === waiting) this.#next = undefined;
        else this.#turns.remove(waiting);
        reject(reason);
        this.#grant();
      };
      const onAbort = () => giveUp(signal?.reason);
      const limit = this.#longestWaitMs;
      const timer = limit === undefined ? undefined : setTimeout(() => giveUp(noRoom()), limit);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#turns.add(waiting);
      this.#grant();
    });
  }

  /** Does `work` with `bytes` that are free again after it. Rejects as `take` and `work` do. */
  async with<R>(bytes: number, options: TakeOptions, work: () => R | Promise<R>): Promise<R> {
    const lease = await this.take(bytes, options);
    try {
      return await work();
    } finally {
      lease.giveBack();
    }
  }

  /** Takes `bytes` if they are free now and nobody waits. */
  takeNow(bytes: number): Lease | undefined {
    return this.#isFree(bytes) ? this.#lease(bytes) : undefined;
  }

  /** A lease of no bytes yet, for what comes in pieces. */
  takeInPieces(): GrowingLease {
    return this.#lease(0);
  }

  #isFree(bytes: number): boolean {
    return this.#next === undefined && this.#turns.size === 0 && this.#takenBytes + bytes <= this.#bytes;
  }

  #lease(bytes: number): GrowingLease {
    let held = bytes;
    let isHeld = true;
    this.#takenBytes += bytes;
    return {
      grow: (more) => {
        if (!isHeld || !this.#isFree(more)) return false;
        held += more;
        this.#takenBytes += more;
        return true;
      },
      giveBack: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#takenBytes -= held;
        this.#grant();
      },
    };
  }

  #grant(): void {
    for (;;) {
      this.#next ??= this.#turns.take();
      if (!this.#next || this.#takenBytes + this.#next.bytes > this.#bytes) return;
      const { grant } = this.#next;
      this.#next = undefined;
      grant();
    }
  }
}

const noRoom = () => new ThreadError('queue-full', 'Too much waits for memory already; try again later.');
