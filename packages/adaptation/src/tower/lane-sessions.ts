import type { Runtime, Session, Tensor } from '@mediclip/onnx-graph';

type Tensors = Readonly<Record<string, Tensor>>;

/**
 * The sessions of a model that takes one image: one for an image that comes alone, whose operators have all threads of
 * the runtime, and one in each of its lanes for images that come together. The latter is faster: an image takes a third
 * less of the processor where its threads need not wait for each other in every operator. Each is opened when it is
 * first needed, and again where that has failed.
 */
export class LaneSessions {
  readonly #runtime: Runtime;
  readonly #open: (runtime: Runtime) => Promise<Session>;
  /** By the runtime that they are of. */
  readonly #sessions = new Map<Runtime, Promise<Session>>();

  constructor(runtime: Runtime, open: (runtime: Runtime) => Promise<Session>) {
    this.#runtime = runtime;
    this.#open = open;
  }

  /** How many images may come together. */
  get width(): number {
    return this.#runtime.lanes?.length ?? 1;
  }

  /** For how many images that come together sessions are open; 0 for none. */
  get widest(): number {
    return (this.#runtime.lanes ?? []).filter((lane) => this.#sessions.has(lane)).length;
  }

  /** The outputs for at most `width` images, in their order. */
  async run(images: readonly Tensors[]): Promise<Tensors[]> {
    const runtimes = images.length === 1 ? [this.#runtime] : this.#runtime.lanes!;
    const sessions = await Promise.all(images.map((_, index) => this.#session(runtimes[index]!)));
    const runs = await Promise.allSettled(sessions.map((session, index) => session.run(images[index]!)));
    return runs.map((run) => {
      if (run.status === 'rejected') throw run.reason;
      return run.value;
    });
  }

  /** The outputs for an image by the first lane, while another one computes something else. */
  async runInFirst(image: Tensors): Promise<Tensors> {
    return (await this.#session(this.#runtime.lanes![0]!)).run(image);
  }

  /** Releases the sessions for more images than so many together. */
  async narrow(width: number): Promise<void> {
    const lanes = this.#runtime.lanes ?? [];
    await this.#release(width > 1 ? lanes.slice(width) : lanes);
  }

  async release(): Promise<void> {
    await this.#release([...this.#sessions.keys()]);
  }

  #session(runtime: Runtime): Promise<Session> {
    let session = this.#sessions.get(runtime);
    if (!session) {
      session = this.#open(runtime);
      this.#sessions.set(runtime, session);
      session.catch(() => this.#sessions.delete(runtime));
    }
    return session;
  }

  async #release(runtimes: readonly Runtime[]): Promise<void> {
    for (const runtime of runtimes) {
      const session = this.#sessions.get(runtime);
      this.#sessions.delete(runtime);
      await (await session)?.release();
    }
  }
}
