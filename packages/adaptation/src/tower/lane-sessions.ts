import type { Runtime, Session, Tensor } from '@mediclip/onnx-graph';

/** So many images that come alone, one after the other, pass a lane where lanes are open; more get a session. */
const loneImages = 3;
/** After so many runs of images that come together, one after the other, the session for an image alone is closed. */
const runsTogether = 32;

type Tensors = Readonly<Record<string, Tensor>>;

/**
 * The sessions of a model that takes one image: one for an image that comes alone, whose operators have all threads of
 * the runtime, and one in each of its lanes for images that come together. The latter is faster: an image takes a third
 * less of the processor where its threads need not wait for each other in every operator. Each is opened when it is
 * first needed, and again where that has failed. Where most images come together, the one that comes alone now and then
 * passes a lane, which is open: a session for it alone would take memory and be of little use, and one that is open is
 * closed. While a lane computes something else, images pass the others: all threads together would wait for its thread
 * in every operator.
 */
export class LaneSessions {
  readonly #runtime: Runtime;
  readonly #open: (runtime: Runtime) => Promise<Session>;
  /** By the runtime that they are of. */
  readonly #sessions = new Map<Runtime, Promise<Session>>();
  /** How many images have come alone, one after the other. */
  #alone = 0;
  /** How many runs of images that come together there were, one after the other. */
  #together = 0;

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
    const lanes = this.#runtime.lanes ?? [];
    const free = lanes.filter(({ isBusy }) => isBusy !== true);
    if (free.length < lanes.length) return this.#runIn(free, images);
    const isAlone = images.length === 1;
    this.#alone = isAlone ? this.#alone + 1 : 0;
    this.#together = isAlone ? 0 : this.#together + 1;
    if (this.#together === runsTogether) await this.#release([this.#runtime]);
    return this.#runIn(isAlone ? [this.#forOne()] : lanes, images);
  }

  /** Images in turns over the runtimes. */
  async #runIn(runtimes: readonly Runtime[], images: readonly Tensors[]): Promise<Tensors[]> {
    const sessions = await Promise.all(images.map((_, index) => this.#session(runtimes[index % runtimes.length]!)));
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

  #forOne(): Runtime {
    const [first] = this.#runtime.lanes ?? [];
    if (!first || !this.#sessions.has(first) || this.#sessions.has(this.#runtime)) return this.#runtime;
    return this.#alone > loneImages ? this.#runtime : first;
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
