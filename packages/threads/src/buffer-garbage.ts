import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const MiB = 1024 * 1024;

export type Collection = 'minor' | 'major';

/**
 * Frees buffers that were used once soon after it. They do not lie on V8's heap, and V8 hurries only for what does: by
 * itself it lets 64 MiB of them gather. With the young objects, whose collection takes a millisecond or less, go the
 * buffers that nobody uses any more, but for those that were still in use at two collections before: they go with the
 * whole heap, when V8 sees fit.
 */
export class BufferGarbage {
  readonly #afterBytes: number;
  readonly #collect: (kind: Collection) => void;
  #made = 0;

  /** Young objects are collected each time that buffers of `afterBytes` were made. */
  constructor(afterBytes = 16 * MiB, collect: (kind: Collection) => void = collector()) {
    this.#afterBytes = afterBytes;
    this.#collect = collect;
  }

  /** Buffers of so many bytes in all were made, most of which will not be used for long. */
  made(bytes: number): void {
    this.#made += bytes;
    if (this.#made < this.#afterBytes) return;
    this.#made = 0;
    this.#collect('minor');
  }
}

/** Collects the whole heap of this thread now: for when much was made that will not be used again, and nobody waits. */
export function collectAll(): void {
  collector()('major');
}

function collector(): (kind: Collection) => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: { readonly type: Collection }) => void;
  return (type) => collect({ type });
}
