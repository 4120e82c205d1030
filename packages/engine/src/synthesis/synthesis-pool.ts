import type { SampleRequest, SampleSource } from '@mediclip/adaptation';
import type { NormalImage, SynthesisOptions, SyntheticSample } from '@mediclip/synthesis';
import { TaskPool } from '@mediclip/threads';
import type { SynthesisThreadData } from './draw-sample.js';
import type { SynthesisTasks } from './synthesis-thread.js';

export interface SynthesisPoolOptions {
  /** The normal images: what samples are made from, and what cut-paste takes its content from. */
  readonly images: readonly NormalImage[];
  readonly options: SynthesisOptions;
  readonly threads: number;
  /** Another thread program; for tests. */
  readonly threadEntry?: URL;
}

const entry = new URL('../../dist/synthesis/synthesis-thread.js', import.meta.url);
/** Samples that a thread has before it, for it to go on while ONNX Runtime blocks this thread: those of a few steps. */
const tasksAhead = 64;

/**
 * Worker threads that draw synthetic anomalies. A sample is a function of its request alone, so the bytes are the same
 * as from a call of `synthesize` in this thread. A request over which a thread dies is tried once more.
 */
export class SynthesisPool implements SampleSource {
  readonly #pool: TaskPool<SynthesisTasks>;

  private constructor(pool: TaskPool<SynthesisTasks>) {
    this.#pool = pool;
  }

  /** Throws a RangeError unless `threads` is an integer of at least 1. */
  static start({ images, options, threads, threadEntry = entry }: SynthesisPoolOptions): SynthesisPool {
    const data: SynthesisThreadData = { images: images.map(shared), options };
    const maximumWaiting = Number.POSITIVE_INFINITY;
    return new SynthesisPool(
      new TaskPool({ entry: threadEntry, threads, data, tasksAhead, maximumWaiting, retries: 1 }),
    );
  }

  /**
   * The samples in the order of the requests; earlier requests are drawn first. Rejects when a request cannot be drawn,
   * when a thread dies twice over it, and when the pool is closed meanwhile.
   */
  draw(requests: readonly SampleRequest[]): Promise<SyntheticSample[]> {
    return Promise.all(requests.map((request) => this.#pool.run('draw', request)));
  }

  /** Ends the threads; draws that are not done yet are rejected. */
  close(): Promise<void> {
    return this.#pool.close();
  }
}

/** The image in memory that all threads share. */
function shared({ width, height, data }: NormalImage): NormalImage {
  const pixels = new Uint8Array(new SharedArrayBuffer(data.length));
  pixels.set(data);
  return { width, height, data: pixels };
}
