/**
 * Items that wait to be taken, each on behalf of a caller. Callers take turns: of those that wait, the one that was
 * served longest ago is next, so that one that comes new never waits for a second item of another. The items of one
 * caller come in the order in which they were added.
 */
export class Turns<Item extends { readonly caller: string }> {
  /** By caller, the one that has waited longest first; none is empty. */
  readonly #byCaller = new Map<string, Item[]>();
  /** Items that were taken and came back, before all turns. */
  #returned: Item[] = [];
  /** By caller: at which take it had its last turn. */
  readonly #servedAt = new Map<string, number>();
  #takes = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Items of a caller that wait, those that came back left out. */
  sizeOf(caller: string): number {
    return this.#byCaller.get(caller)?.length ?? 0;
  }

  add(item: Item): void {
    const { caller } = item;
    const items = this.#byCaller.get(caller);
    if (items) items.push(item);
    else this.#byCaller.set(caller, [item]);
    this.#size++;
  }

  /** Puts back items that were taken, to be the next ones, in their order. */
  putBack(items: readonly Item[]): void {
    this.#returned = [...items, ...this.#returned];
    this.#size += items.length;
  }

  /** The item whose turn it is. */
  take(): Item | undefined {
    const item = this.#returned.shift() ?? this.#takeTurn();
    if (item) this.#size--;
    return item;
  }

  /** Takes an item out of its turn; false when it does not wait. */
  remove(item: Item): boolean {
    const { caller } = item;
    const items = this.#byCaller.get(caller) ?? [];
    const wasHere = [items, this.#returned].some((list) => {
      const place = list.indexOf(item);
      return place >= 0 && list.splice(place, 1).length > 0;
    });
    if (items.length === 0) this.#byCaller.delete(caller);
    if (wasHere) this.#size--;
    return wasHere;
  }

  /** All items, in no order that matters; none is left. */
  clear(): Item[] {
    const items = [...this.#returned, ...[...this.#byCaller.values()].flat()];
    this.#byCaller.clear();
    this.#returned = [];
    this.#size = 0;
    return items;
  }

  #takeTurn(): Item | undefined {
    const served = (caller: string) => this.#servedAt.get(caller) ?? 0;
    const [first, ...others] = this.#byCaller.keys();
    if (first === undefined) return undefined;
    const next = others.reduce((least, caller) => (served(caller) < served(least) ? caller : least), first);
    this.#servedAt.set(next, ++this.#takes);
    const items = this.#byCaller.get(next) ?? [];
    const item = items.shift();
    if (items.length === 0) this.#byCaller.delete(next);
    return item;
  }
}
