import {
  countPixels,
  dropBits,
  type ImagePixels,
  mergePixels,
  noPixels,
  type PixelCounts,
  rowsIn,
} from './pixel-counts.js';

/** Pixels are collected up to this number before they are merged into the whole, which takes its time. */
const mostPendingPixels = 2 ** 21;

/**
 * The pixels of any number of images counted by score, exactly for as long as they have at most `mostScores` different
 * scores (those of normal and of abnormal pixels counted for themselves). Beyond that it drops the lowest bit of every
 * key, as often as needed. How many bits are dropped in the end depends on the set of scores alone, not on the order in
 * which they came.
 */
export class ScoreHistogram {
  #whole = noPixels;
  #droppedBits = 0;
  #pending: ImagePixels[] = [];
  #pendingPixels = 0;

  /** Throws a RangeError when `mostScores` is not a whole number of at least 4. */
  constructor(readonly mostScores: number) {
    if (!Number.isInteger(mostScores) || mostScores < 4) {
      throw new RangeError(`mostScores is ${mostScores}; give a whole number of at least 4.`);
    }
  }

  add(image: ImagePixels): void {
    this.#pending.push(image);
    this.#pendingPixels += image.normalKeys.length + image.abnormal.keys.length;
    if (this.#pendingPixels > mostPendingPixels) this.#mergePending();
  }

  /** All pixels so far; keys without their lowest `droppedBits` bits, of which 0 means exact. */
  whole(): { pixels: PixelCounts; droppedBits: number } {
    this.#mergePending();
    return { pixels: this.#whole, droppedBits: this.#droppedBits };
  }

  #mergePending(): void {
    const pending = countPixels(this.#pending, this.#droppedBits);
    this.#pending = [];
    this.#pendingPixels = 0;
    this.#whole = mergePixels([this.#whole, pending]);
    while (rowsIn(this.#whole) > this.mostScores) {
      this.#whole = dropBits(this.#whole, 1);
      this.#droppedBits++;
    }
  }
}
