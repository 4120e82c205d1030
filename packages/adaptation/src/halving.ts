import { OutOfMemoryError, type Session } from '@mediclip/onnx-graph';

/** Memory ran out, and from now on this work is done with half the batch. */
export interface BatchHalved {
  readonly work: 'image tower' | 'training step' | 'held-out loss';
  readonly backbone: string;
  /** Images of a batch from now on. */
  readonly batch: number;
}

export type OnBatchHalved = (halved: BatchHalved) => void;

/**
 * The session of a graph that is written for a number of images, its batch. When memory runs out, it makes way for one
 * of half the batch: once; after that, and when the batch is a single image, the OutOfMemoryError is its user's.
 */
export class HalvingSession {
  #batch: number;
  #halved = false;
  #session: Session | undefined;

  readonly #load: (batch: number) => Promise<Session>;
  readonly #onHalved: (batch: number) => void;

  constructor(batch: number, load: (batch: number) => Promise<Session>, onHalved: (batch: number) => void) {
    this.#load = load;
    this.#onHalved = onHalved;
    this.#batch = batch;
  }

  /** Loads the session now rather than at its first use. */
  open(): Promise<void> {
    return this.use(async () => {});
  }

  /** The outcome of `work`, which begins anew with the smaller batch when memory ran out in it. */
  async use<T>(work: (session: Session, batch: number) => Promise<T>): Promise<T> {
    try {
      this.#session ??= await this.#load(this.#batch);
      return await work(this.#session, this.#batch);
    } catch (error) {
      if (!(error instanceof OutOfMemoryError) || this.#halved || this.#batch === 1) throw error;
    }
    await this.release();
    this.#halved = true;
    this.#batch = Math.ceil(this.#batch / 2);
    this.#onHalved(this.#batch);
    return this.use(work);
  }

  async release(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.release();
  }
}
