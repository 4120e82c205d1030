import { philox } from './philox.js';

const wordRange = 2 ** 32;
const wordsPerBlock = 4;

/**
 * A sequence of random draws that is a function of (seed, step, sample, purpose) and nothing else: whoever makes the
 * same stream gets the same draws, whatever was drawn elsewhere before. Streams that differ in any of the four are
 * independent.
 *
 * Philox4x32-10 in counter mode: the seed is the key; block index, sample, step and purpose are the counter.
 */
export class RandomStream {
  readonly #key: readonly [number, number];
  readonly #sample: number;
  readonly #step: number;
  readonly #purpose: number;
  readonly #words = new Uint32Array(wordsPerBlock);
  #blocks = 0;
  #used = wordsPerBlock;

  /**
   * `seed` is an integer of 0 to 2^53 - 1; `step`, `sample` and `purpose` are integers of 0 to 2^32 - 1. `purpose`
   * separates streams for different uses of the same step and sample. Throws a RangeError for anything else.
   */
  constructor(seed: number, step: number, sample: number, purpose = 0) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new RangeError(`The seed is ${seed}; give an integer of 0 to 2^53 - 1.`);
    }
    for (const [name, value] of Object.entries({ step, sample, purpose })) {
      if (!Number.isInteger(value) || value < 0 || value >= wordRange) {
        throw new RangeError(`The random stream's ${name} is ${value}; give an integer of 0 to 2^32 - 1.`);
      }
    }
    this.#key = [seed % wordRange, Math.floor(seed / wordRange)];
    this.#sample = sample;
    this.#step = step;
    this.#purpose = purpose;
  }

  /** Uniform in [low, high), with 53 random bits. */
  uniform(low = 0, high = 1): number {
    const fraction = ((this.#word() >>> 5) * 2 ** 26 + (this.#word() >>> 6)) / 2 ** 53;
    const value = low + fraction * (high - low);
    return value < high ? value : low;
  }

  /** A uniform integer in [low, high). Throws a RangeError when there is none. */
  integer(low: number, high: number): number {
    if (!(Number.isSafeInteger(low) && Number.isSafeInteger(high) && low < high)) {
      throw new RangeError(`There is no integer to draw in [${low}, ${high}); give integers with low < high.`);
    }
    return low + Math.floor(this.uniform() * (high - low));
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  /** `count` fair coin tosses, each 0 or 1. */
  tosses(count: number): Uint8Array {
    const tosses = new Uint8Array(count);
    let word = 0;
    for (let i = 0; i < count; i++) {
      if (i % 32 === 0) word = this.#word();
      tosses[i] = (word >>> (i % 32)) & 1;
    }
    return tosses;
  }

  /** Normal with the given mean and standard deviation (Box-Muller). */
  normal(mean = 0, deviation = 1): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return mean + deviation * radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Exponential with mean `scale`. */
  exponential(scale: number): number {
    return -scale * Math.log(1 - this.uniform());
  }

  /**
   * Gamma with mean `shape * scale`, by the squeeze of Marsaglia and Tsang, "A simple method for generating gamma
   * variables", 2000. Throws a RangeError unless both are positive.
   */
  gamma(shape: number, scale: number): number {
    if (!(shape > 0 && scale > 0)) {
      throw new RangeError(`A gamma distribution needs a positive shape and scale, not ${shape} and ${scale}.`);
    }
    if (shape < 1) {
      return this.gamma(shape + 1, scale) * (1 - this.uniform()) ** (1 / shape);
    }
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(1 - this.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) {
        return d * v * scale;
      }
    }
  }

  /** The items in a random order (Fisher-Yates); `items` itself stays as it is. */
  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let last = shuffled.length - 1; last > 0; last--) {
      const other = this.integer(0, last + 1);
      [shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!];
    }
    return shuffled;
  }

  #word(): number {
    if (this.#used === wordsPerBlock) {
      philox([this.#blocks++ % wordRange, this.#sample, this.#step, this.#purpose], this.#key, this.#words);
      this.#used = 0;
    }
    return this.#words[this.#used++]!;
  }
}
