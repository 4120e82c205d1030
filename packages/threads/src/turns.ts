/** Those who wait for something, each on behalf of a caller. Callers take turns; what waits for one caller comes in its order. */
export class Turns<Waiting extends { readonly caller: string }> {
  /** By caller, the one whose turn it is first. */
  #queues = new Map<string, Waiting[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(waiting: Waiting): void {
    const queue = this.#queues.get(waiting.caller);
    if (queue) queue.push(waiting);
    else this.#queues.set(waiting.caller, [waiting]);
    this.#size++;
  }

  /** Puts back those that have been taken, to be the next ones, in their order. */
  putBack(taken: readonly Waiting[]): void {
    for (const waiting of taken.toReversed()) {
      const queue = [waiting, ...(this.#queues.get(waiting.caller) ?? [])];
      this.#queues.delete(waiting.caller);
      this.#queues = new Map([[waiting.caller, queue], ...this.#queues]);
      this.#size++;
    }
  }

  /** The one whose turn it is. */
  take(): Waiting | undefined {
    for (const [caller, queue] of this.#queues) {
      const waiting = queue.shift();
      this.#queues.delete(caller);
      if (queue.length > 0) this.#queues.set(caller, queue);
      if (waiting) this.#size--;
      return waiting;
    }
    return undefined;
  }

  /** Takes one out of its turn; false when it does not wait. */
  remove(waiting: Waiting): boolean {
    const queue = this.#queues.get(waiting.caller);
    const place = queue?.indexOf(waiting) ?? -1;
    if (!queue || place < 0) return false;
    queue.splice(place, 1);
    if (queue.length === 0) this.#queues.delete(waiting.caller);
    this.#size--;
    return true;
  }

  /** All of them, in no order that matters; none is left. */
  clear(): Waiting[] {
    const all = [...this.#queues.values()].flat();
    this.#queues.clear();
    this.#size = 0;
    return all;
  }
}
