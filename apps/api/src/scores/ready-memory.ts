import type { ByteBudget, Lease, TakeOptions } from '@mediclip/threads';

/** An image that is ready, the message that carries it, and that message on its way. */
const copies = 3;
const channels = 3;
/** What an overlay is drawn on: RGB, the longer side up to 1,024 pixels. */
const groundBytes = 3 * 1024 * 1024;

/** Memory for the images of one request until they are scored. */
export class ReadyMemory {
  readonly #budget: ByteBudget;
  readonly #bytesOfImage: number;
  readonly #options: TakeOptions;
  #lease: Lease | undefined;

  constructor(
    budget: ByteBudget,
    { side, withGround }: { readonly side: number; readonly withGround: boolean },
    options: TakeOptions,
  ) {
    this.#budget = budget;
    this.#bytesOfImage = copies * channels * side * side + (withGround ? groundBytes : 0);
    this.#options = options;
  }

  /**
   * Waits until there is memory for so many images, in place of what it had: one who waits holds nothing, or all could
   * wait for each other. Rejects as `ByteBudget.take` does.
   */
  async takeFor(images: number): Promise<void> {
    this.giveBack();
    this.#lease = await this.#budget.take(images * this.#bytesOfImage, this.#options);
  }

  giveBack(): void {
    this.#lease?.giveBack();
    this.#lease = undefined;
  }
}
