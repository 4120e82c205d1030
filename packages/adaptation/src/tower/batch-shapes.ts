import { largeBytes } from '../weight-files.js';

const hugeBytes = 2 * largeBytes;

/**
 * The fixed batch shapes of a tower whose weight files have so many bytes, largest first. Every shape is a session that
 * holds the weights and its activations in memory, so a processor gives a large tower few. It loses nothing by small
 * batches: it takes `lite` eight by eight as fast as sixteen by sixteen, and the images of a huge tower one by one,
 * whose matrix products are large enough. A GPU is idle with few images, and has all shapes for every tower.
 */
export function batchShapesFor(weightBytes: number, provider: string): readonly number[] {
  if (provider !== 'cpu') return [16, 8, 4, 2, 1];
  if (weightBytes < largeBytes) return [8, 4, 2, 1];
  return weightBytes >= hugeBytes ? [1] : [8, 1];
}

/** Images of the next run, and the shape of its batch, which may be larger: the rest is padding. */
export interface NextBatch {
  readonly images: number;
  readonly shape: number;
}

/**
 * The next run for so many images, with `shapes` as of `batchShapesFor`. A processor computes padding as slowly as
 * images, so there a batch is full; a GPU takes all that are left in one run.
 */
export function nextBatch(images: number, shapes: readonly number[], provider: string): NextBatch {
  const full = shapes.find((shape) => shape <= images) ?? 1;
  if (provider === 'cpu' || full === shapes[0]) return { images: full, shape: full };
  return { images, shape: shapes.findLast((shape) => shape >= images) ?? full };
}
