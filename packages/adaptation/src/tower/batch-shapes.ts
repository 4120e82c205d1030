import { largeBytes } from '../weight-files.js';

const hugeBytes = 2 * largeBytes;

/**
 * The fixed batch shapes of a tower whose weight files have so many bytes, largest first. Every shape is a session that holds the
 * weights and its activations in memory, so a large tower is given few. A processor loses nothing by small batches: it takes `lite` eight by
 * eight as fast as sixteen by sixteen, and the images of a huge tower one by one, whose matrix products are large enough.
 */
export function batchShapesFor(weightBytes: number, provider: string): readonly number[] {
  const onProcessor = provider === 'cpu';
  if (weightBytes < largeBytes) return onProcessor ? [8, 4, 2, 1] : [16, 8, 4, 2, 1];
  return weightBytes >= hugeBytes && onProcessor ? [1] : [8, 1];
}
