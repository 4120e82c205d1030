import { RankingSweep, type SweepTargets } from '../statistics/ranking-sweep.js';
import { ascendingKeys } from './ascending-order.js';
import { countPixels, dropBits, type ImagePixels, type PixelCounts, rowsIn } from './pixel-counts.js';

/** Rows of all images together, and different scores among them; they bound the memory and the time of a bootstrap. */
const mostRows = 2 ** 19;
const mostScores = 2 ** 12;

/**
 * Keeps every image's own counts, for resampling images. Scores are rounded as little as keeps the whole within bounds:
 * the same number of lowest bits is dropped from the keys of every image.
 */
export class ImageSample {
  #images: PixelCounts[] = [];
  #droppedBits = 0;
  #rows = 0;

  add(image: ImagePixels): void {
    const rounded = countPixels([image], this.#droppedBits);
    this.#images.push(rounded);
    this.#rows += rowsIn(rounded);
    while (this.#rows > mostRows && this.#droppedBits < 31) {
      this.#images = this.#images.map((kept) => dropBits(kept, 1));
      this.#rows = this.#images.reduce((rows, kept) => rows + rowsIn(kept), 0);
      this.#droppedBits++;
    }
  }

  /** A function that sweeps over all images, image i counting `multiplicities[i]` times. */
  resampler(targets: SweepTargets): (multiplicities: Uint32Array) => RankingSweep {
    let rounded = this.#images;
    let ascending = distinctKeys(rounded);
    while (ascending.length > mostScores) {
      rounded = rounded.map((image) => dropBits(image, 1));
      for (let i = 0; i < ascending.length; i++) ascending[i]! >>>= 1;
      ascending = withoutRepeats(ascending);
    }
    const keys = ascending.reverse();
    const placeOf = new Map(Array.from(keys, (key, place) => [key, place]));
    const images = rounded.map(({ normal, abnormal, regions }) => ({
      normal,
      abnormal,
      regions,
      negatives: sum(normal.counts),
      positives: sum(abnormal.counts),
      normalPlaces: normal.keys.map((key) => placeOf.get(key)!),
      abnormalPlaces: abnormal.keys.map((key) => placeOf.get(key)!),
    }));
    const normal = new Float64Array(keys.length);
    const abnormal = new Float64Array(keys.length);
    const overlaps = new Float64Array(keys.length);
    return (multiplicities) => {
      const totals = { negatives: 0, positives: 0, regions: 0 };
      for (const column of [normal, abnormal, overlaps]) column.fill(0);
      images.forEach((image, i) => {
        const times = multiplicities[i]!;
        totals.negatives += times * image.negatives;
        totals.positives += times * image.positives;
        totals.regions += times * image.regions;
        addTimes(normal, image.normalPlaces, image.normal.counts, times);
        addTimes(abnormal, image.abnormalPlaces, image.abnormal.counts, times);
        addTimes(overlaps, image.abnormalPlaces, image.abnormal.overlaps, times);
      });
      const sweep = new RankingSweep(totals, targets);
      keys.forEach((key, place) => {
        sweep.step(key, normal[place]!, abnormal[place]!, overlaps[place]!);
      });
      return sweep;
    };
  }
}

/** Ascending. */
function distinctKeys(images: readonly PixelCounts[]): Uint32Array {
  const keys = new Uint32Array(images.reduce((rows, image) => rows + rowsIn(image), 0));
  let end = 0;
  for (const { normal, abnormal } of images) {
    for (const rows of [normal, abnormal]) {
      keys.set(rows.keys, end);
      end += rows.keys.length;
    }
  }
  return withoutRepeats(ascendingKeys(keys, 32));
}

/** Of ascending keys, each once, in the place of all. */
function withoutRepeats(ascending: Uint32Array): Uint32Array {
  let length = 0;
  for (let i = 0; i < ascending.length; i++) {
    const key = ascending[i]!;
    if (length === 0 || key !== ascending[length - 1]) ascending[length++] = key;
  }
  return ascending.subarray(0, length);
}

function addTimes(target: Float64Array, places: Uint32Array, column: Uint32Array | Float64Array, times: number): void {
  if (times === 0) return;
  for (let row = 0; row < places.length; row++) target[places[row]!]! += times * column[row]!;
}

function sum(counts: Uint32Array): number {
  return counts.reduce((total, count) => total + count, 0);
}
