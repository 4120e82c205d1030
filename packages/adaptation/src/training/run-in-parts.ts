export interface AdaptationProgress {
  readonly phase: 'preparing' | 'training' | 'finishing';
  /** Images prepared, or optimiser steps done. */
  readonly done: number;
  readonly total: number;
  /** The training loss of the last step. */
  readonly loss?: number;
}

/**
 * Work over normal images that advances in small parts, so that whoever drives it can do other work in between, or
 * stop.
 */
export abstract class RunInParts {
  #progress: AdaptationProgress;
  readonly #parts: AsyncGenerator<AdaptationProgress, void>;

  /** `images`: how many are to be prepared. */
  protected constructor(images: number) {
    this.#progress = { phase: 'preparing', done: 0, total: images };
    this.#parts = this.parts();
  }

  get progress(): AdaptationProgress {
    return this.#progress;
  }

  /** What the next part begins with waiting for: until it has settled there is time for other work. */
  get waitsFor(): Promise<unknown> | undefined {
    return undefined;
  }

  /** Does the next small part of the work; true when all is done. */
  async advance(): Promise<boolean> {
    const { done, value } = await this.#parts.next();
    if (value) this.#progress = value;
    return done === true;
  }

  /** Ends the work where it stands. */
  protected async end(): Promise<void> {
    await this.#parts.return();
  }

  /** The work, with the progress after each part. It begins with the first `advance`. */
  protected abstract parts(): AsyncGenerator<AdaptationProgress, void>;
}
