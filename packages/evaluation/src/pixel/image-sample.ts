import { RankingSweep, type SweepTargets } from '../statistics/ranking-sweep.js';
import { dropImageBits, type ImageCounts, keysIn } from './image-counts.js';
import { distinctKeys } from './score-counts.js';

const MOST_KEYS = 2 ** 20;
const MOST_GROUPS = 2 ** 14;
const MOST_DROPPED_BITS = 24;

/**
 * Keeps every image's own counts, for resampling images. Scores are rounded as little as keeps the whole to a million counters (bits
 * are dropped from every image's keys alike), so that small sets stay exact and large ones stay small.
 */
export class ImageSample {
  #images: ImageCounts[] = [];
  #droppedBits = 0;
  #keys = 0;

  add(counts: ImageCounts): void {
    this.#append(dropImageBits(counts, this.#droppedBits));
    while (this.#keys > MOST_KEYS && this.#droppedBits < MOST_DROPPED_BITS) this.#dropBit();
  }

  /** Adds all images of `other`, which stays as it is, after those of this sample. */
  merge(other: ImageSample): void {
    while (this.#droppedBits < other.#droppedBits) this.#dropBit();
    for (const image of other.#images) this.#append(dropImageBits(image, this.#droppedBits - other.#droppedBits));
    while (this.#keys > MOST_KEYS && this.#droppedBits < MOST_DROPPED_BITS) this.#dropBit();
  }

  /** A function that sweeps over all images, image i counting `multiplicities[i]` times. Rounds further, to at most 16,384 groups. */
  resampler(targets: SweepTargets): (multiplicities: Uint32Array) => RankingSweep {
    const { images, groups } = this.#indexed();
    const normal = new Float64Array(groups);
    const abnormal = new Float64Array(groups);
    const overlaps = new Float64Array(groups);
    return (multiplicities) => {
      for (const array of [normal, abnormal, overlaps]) array.fill(0);
      const totals = { negatives: 0, positives: 0, regions: 0 };
      images.forEach((image, i) => {
        const times = multiplicities[i]!;
        if (times === 0) return;
        totals.negatives += times * addTimes(normal, image.normal.keys, image.normal.counts, times);
        totals.positives += times * addTimes(abnormal, image.abnormal.keys, image.abnormal.counts, times);
        addTimes(overlaps, image.abnormal.keys, image.abnormal.overlaps, times);
        totals.regions += times * image.regions;
      });
      const sweep = new RankingSweep(totals, targets);
      for (let group = groups - 1; group >= 0; group--) {
        if (normal[group]! > 0 || abnormal[group]! > 0) {
          sweep.step(group, normal[group]!, abnormal[group]!, overlaps[group]!);
        }
      }
      return sweep;
    };
  }

  #append(counts: ImageCounts): void {
    this.#images.push(counts);
    this.#keys += keysIn(counts);
  }

  #dropBit(): void {
    this.#images = this.#images.map((image) => dropImageBits(image, 1));
    this.#keys = this.#images.reduce((sum, image) => sum + keysIn(image), 0);
    this.#droppedBits++;
  }

  /** The images with each key replaced by its position among all keys. */
  #indexed(): { images: ImageCounts[]; groups: number } {
    let images = this.#images;
    let keys = distinctKeys(images.flatMap(({ normal, abnormal }) => [normal.keys, abnormal.keys]));
    while (keys.length > MOST_GROUPS) {
      images = images.map((image) => dropImageBits(image, 1));
      keys = distinctKeys(images.flatMap(({ normal, abnormal }) => [normal.keys, abnormal.keys]));
    }
    const positions = new Map(Array.from(keys, (key, position) => [key, position]));
    const replace = (list: Uint32Array) => list.map((key) => positions.get(key)!);
    return {
      images: images.map(({ normal, abnormal, regions }) => ({
        normal: { ...normal, keys: replace(normal.keys) },
        abnormal: { ...abnormal, keys: replace(abnormal.keys) },
        regions,
      })),
      groups: keys.length,
    };
  }
}

/** Adds `times * counts` at `positions` and returns the sum of `counts`. */
function addTimes(
  target: Float64Array,
  positions: Uint32Array,
  counts: Uint32Array | Float64Array,
  times: number,
): number {
  let sum = 0;
  for (let i = 0; i < positions.length; i++) {
    target[positions[i]!]! += times * counts[i]!;
    sum += counts[i]!;
  }
  return sum;
}
