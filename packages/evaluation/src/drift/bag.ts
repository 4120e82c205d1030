/** Scores are told apart by a 32nd of a logit, from -16 to 16: what lies in one bin counts as tied. */
const binsPerLogit = 32;
const furthestLogit = 16;
const binCount = 2 * furthestLogit * binsPerLogit + 1;

/** How many scores lie in each bin, and how many above: a binary indexed tree, so that both take a few steps. */
export class Bag {
  readonly #counts = new Float64Array(binCount);
  readonly #tree = new Float64Array(binCount + 1);
  #size = 0;

  /** A bag of so many scores in each bin. */
  static of(bins: Iterable<readonly [bin: number, count: number]>): Bag {
    const bag = new Bag();
    for (const [bin, count] of bins) bag.#addToBin(bin, count);
    return bag;
  }

  /** `score` is 0 to 1. */
  add(score: number): void {
    this.#addToBin(binOf(score), 1);
  }

  /**
   * The smoothed conformal p-value of a score among those of the bag and itself: uniform on 0 to 1 when all are
   * exchangeable and `uniform` is so. Source: Vovk et al., "Algorithmic Learning in a Random World", 2005, section 2.2.
   */
  pValue(score: number, uniform: number): number {
    const bin = binOf(score);
    const above = this.#size - this.#upTo(bin);
    return (above + uniform * (this.#counts[bin]! + 1)) / (this.#size + 1);
  }

  get bins(): (readonly [bin: number, count: number])[] {
    return [...this.#counts.entries()].filter(([, count]) => count > 0);
  }

  #addToBin(bin: number, count: number): void {
    this.#counts[bin] = this.#counts[bin]! + count;
    this.#size += count;
    for (let i = bin + 1; i <= binCount; i += i & -i) this.#tree[i] = this.#tree[i]! + count;
  }

  #upTo(bin: number): number {
    let total = 0;
    for (let i = bin + 1; i > 0; i -= i & -i) total += this.#tree[i]!;
    return total;
  }
}

/** A logit beyond the furthest one counts as that; 0 and 1 have infinite ones. */
function binOf(score: number): number {
  const logit = Math.log(score) - Math.log1p(-score);
  const clamped = Math.max(-furthestLogit, Math.min(furthestLogit, logit));
  return Math.round((clamped + furthestLogit) * binsPerLogit);
}
