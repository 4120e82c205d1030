/** Random draws from a seed: the same ones for the same seed, on every machine (mulberry32). */
export class Draws {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 up to 1, without 1. */
  share(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 up to `end`, without `end`. */
  below(end: number): number {
    return Math.floor(this.share() * end);
  }

  /** True in a share `probability` of the draws. */
  chance(probability: number): boolean {
    return this.share() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  /** A copy of `bytes` that was damaged: bits turned over, cut short, a stretch repeated or left out, or not at all. */
  damaged(bytes: Uint8Array): Buffer {
    const copy = Buffer.from(bytes);
    const at = this.below(copy.length + 1);
    switch (this.below(5)) {
      case 0:
        for (let times = 1 + this.below(8); times > 0 && copy.length > 0; times--)
          copy[this.below(copy.length)]! ^= 1 << this.below(8);
        return copy;
      case 1:
        return copy.subarray(0, at);
      case 2:
        return Buffer.concat([copy.subarray(0, at), copy.subarray(Math.max(0, at - 40))]);
      case 3:
        return Buffer.concat([copy.subarray(0, at), copy.subarray(at + this.below(40))]);
      default:
        return copy;
    }
  }
}
