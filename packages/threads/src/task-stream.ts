/**
 * The items of a streaming task, one after the other. The thread makes two items, then one for each that is done
 * with, which is when the next one is asked for; so the thread of a single item is told nothing. Ending early (`break`,
 * `return`) stops the task; one who neither takes all items nor ends it holds a thread for ever.
 */
export class TaskStream<Item> implements AsyncIterableIterator<Item> {
  readonly #items: Item[] = [];
  readonly #done: () => void;
  readonly #stop: () => void;
  #end: { readonly error?: unknown } | undefined;
  /** Items that were handed out and are not done with. */
  #inUse = 0;
  readonly #sleepers: (() => void)[] = [];

  constructor({ onDone, onStop }: { readonly onDone: () => void; readonly onStop: () => void }) {
    this.#done = onDone;
    this.#stop = onStop;
  }

  /** Called by the pool with each item that came. */
  push(item: Item): void {
    if (!this.#end) this.#items.push(item);
    this.#wake();
  }

  /** Called by the pool when the task is done; with an error, items that were not taken are dropped. */
  close(end: { readonly error?: unknown }): void {
    if ('error' in end) this.#items.length = 0;
    this.#end ??= end;
    this.#wake();
  }

  async next(): Promise<IteratorResult<Item, undefined>> {
    for (; this.#inUse > 0; this.#inUse--) if (!this.#end) this.#done();
    for (;;) {
      if (this.#items.length > 0) {
        const value = this.#items.shift() as Item;
        this.#inUse++;
        return { done: false, value };
      }
      if (this.#end) {
        if ('error' in this.#end) throw this.#end.error;
        return { done: true, value: undefined };
      }
      await new Promise<void>((resolve) => this.#sleepers.push(resolve));
    }
  }

  async return(): Promise<IteratorResult<Item, undefined>> {
    this.#items.length = 0;
    if (!this.#end) this.#stop();
    this.close({});
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #wake(): void {
    for (const wake of this.#sleepers.splice(0)) wake();
  }
}
