import { type ModelSource, OutOfMemoryError, type Runtime, type Session, type Tensor } from '@mediclip/onnx-graph';
import { testRuntime } from '@mediclip/testing';

/** A device whose memory suffices for runs of so many images. */
export class SmallDevice implements Runtime {
  /** The batches of the runs that succeeded. */
  readonly passed: number[] = [];
  readonly #open = new Set<{ batch?: number }>();
  #next: Error | undefined;

  readonly #images: number;
  readonly #runtime: Pick<Runtime, 'createSession'>;

  constructor(
    images: number,
    readonly provider: 'cpu' | 'cuda' = 'cpu',
    runtime: Pick<Runtime, 'createSession'> = testRuntime,
  ) {
    this.#images = images;
    this.#runtime = runtime;
  }

  /** The batches of sessions that have run and were not released, ascending. */
  get openBatches(): readonly number[] {
    return [...this.#open].flatMap(({ batch }) => batch ?? []).sort((a, b) => a - b);
  }

  /** How many sessions were not released. */
  get sessions(): number {
    return this.#open.size;
  }

  /** The next run or creation of a session throws. */
  failNext(error: Error = new OutOfMemoryError('It did not fit.')): void {
    this.#next = error;
  }

  async createSession(model: ModelSource): Promise<Session> {
    this.#failIfTold();
    const session = await this.#runtime.createSession(model);
    const opened: { batch?: number } = {};
    this.#open.add(opened);
    return {
      run: async (feeds, fetches) => {
        const batch = batchOf(feeds);
        opened.batch = batch;
        this.#failIfTold();
        if (batch > this.#images) throw new OutOfMemoryError(`${batch} images do not fit.`);
        const outputs = await session.run(feeds, fetches);
        this.passed.push(batch);
        return outputs;
      },
      release: async () => {
        this.#open.delete(opened);
        await session.release();
      },
    };
  }

  #failIfTold(): void {
    const error = this.#next;
    this.#next = undefined;
    if (error) throw error;
  }
}

/** The batch size of the inputs that have one; models without one count as one image. */
function batchOf(feeds: Readonly<Record<string, Tensor>>): number {
  return (feeds.pixels ?? feeds['features.0'])?.shape[0] ?? 1;
}
