import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const MiB = 1024 * 1024;

/** After how many bytes of buffers what is collected. */
interface CollectedAfter {
  /** Young objects: takes a millisecond or less; 16 MiB. */
  readonly young?: number;
  /** The whole heap, which stops this thread for as long as it takes; by default that is left to V8. */
  readonly all?: number;
}

export type Collection = 'young' | 'all';

/**
 * Frees buffers that were used once soon after it. They do not lie on V8's heap, and V8 hurries only for what does: by
 * itself it lets 64 MiB of them gather. With the young objects go the buffers that nobody uses any more, but for those
 * that were still in use at two collections before: they go with the whole heap.
 */
export class BufferGarbage {
  readonly #after: Required<CollectedAfter>;
  readonly #collect: (what: Collection) => void;
  #sinceYoung = 0;
  #sinceAll = 0;

  constructor(
    { young = 16 * MiB, all = Number.POSITIVE_INFINITY }: CollectedAfter = {},
    collect: (what: Collection) => void = collector(),
  ) {
    this.#after = { young, all };
    this.#collect = collect;
  }

  /** Buffers of so many bytes in all were made, most of which will not be used for long. */
  made(bytes: number): void {
    const { young, all } = this.#after;
    this.#sinceYoung += bytes;
    this.#sinceAll += bytes;
    if (this.#sinceAll >= all) {
      this.#sinceAll = 0;
      this.#sinceYoung = 0;
      this.#collect('all');
    } else if (this.#sinceYoung >= young) {
      this.#sinceYoung = 0;
      this.#collect('young');
    }
  }
}

let collect: ReturnType<typeof collector> | undefined;

/** Collects the whole heap of this thread now: for when much was made that will not be used again, and nobody waits. */
export function collectAll(): void {
  collect ??= collector();
  collect('all');
}

function collector(): (what: Collection) => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options?: { readonly type: 'minor' }) => void;
  // The whole heap is what V8 collects without options; Node 20's takes any that it does not know for `minor`.
  return (what) => (what === 'young' ? collect({ type: 'minor' }) : collect());
}
