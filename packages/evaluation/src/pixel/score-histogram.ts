import { PagedCounts } from './paged-counts.js';
import { distinctKeys, type ScoreCounts } from './score-counts.js';

const MOST_DROPPED_BITS = 16;

/** Called for the pixels whose score keys agree in all bits but the dropped ones; `key` is the lowest such key. */
export type PixelGroupVisitor = (key: number, normal: number, abnormal: number, overlap: number) => void;

/**
 * Counts the pixels of any number of images by score key, exactly for as long as the counters fit into `budgetBytes`. Beyond that it
 * drops the keys' lowest bit, as often as needed, and counts keys that become equal together. How many bits are dropped in the end
 * depends on the set of scores alone, not on the order in which they came.
 */
export class ScoreHistogram {
  /** How many of the lowest bits of every key were dropped; 0 means exact. */
  droppedBits = 0;
  #normal = new PagedCounts(false);
  #abnormal = new PagedCounts(true);

  constructor(readonly budgetBytes: number) {}

  add({ normal, abnormal }: { readonly normal: ScoreCounts; readonly abnormal: ScoreCounts }): void {
    this.#normal.add(normal, this.droppedBits);
    this.#abnormal.add(abnormal, this.droppedBits);
    this.#keepBudget();
  }

  /** Adds all counts of `other`, which stays as it is. */
  merge(other: ScoreHistogram): void {
    while (this.droppedBits < other.droppedBits) this.#dropBit();
    this.#normal.addAll(other.#normal, this.droppedBits - other.droppedBits);
    this.#abnormal.addAll(other.#abnormal, this.droppedBits - other.droppedBits);
    this.#keepBudget();
  }

  /** Visits every group that has pixels, from the highest score to the lowest. */
  forEachDescending(visit: PixelGroupVisitor): void {
    const { pageKeys } = PagedCounts;
    for (const page of distinctKeys([this.#normal.pageNumbers(), this.#abnormal.pageNumbers()]).reverse()) {
      for (let key = (page + 1) * pageKeys - 1; key >= page * pageKeys; key--) {
        const normal = this.#normal.countAt(key);
        const abnormal = this.#abnormal.countAt(key);
        if (normal > 0 || abnormal > 0) {
          visit(key * 2 ** this.droppedBits, normal, abnormal, this.#abnormal.overlapAt(key));
        }
      }
    }
  }

  #keepBudget(): void {
    while (
      this.#normal.sizeBytes + this.#abnormal.sizeBytes > this.budgetBytes &&
      this.droppedBits < MOST_DROPPED_BITS
    ) {
      this.#dropBit();
    }
  }

  #dropBit(): void {
    const normal = new PagedCounts(false);
    normal.addAll(this.#normal, 1);
    this.#normal = normal;
    const abnormal = new PagedCounts(true);
    abnormal.addAll(this.#abnormal, 1);
    this.#abnormal = abnormal;
    this.droppedBits++;
  }
}
