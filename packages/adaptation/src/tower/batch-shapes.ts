import { largeBytes } from '../weight-files.js';

const hugeBytes = 2 * largeBytes;

/**
 * The fixed batch shapes of a tower whose weight files have so many bytes, largest first. Every shape is a session that holds the
 * weights in memory, so a large tower is given few. A processor loses nothing by taking the images of a huge tower one by one: its
 * matrix products are large enough.
 */
export function batchShapesFor(weightBytes: number, provider: string): readonly number[] {
  if (weightBytes < largeBytes) return [16, 8, 4, 2, 1];
  return weightBytes >= hugeBytes && provider === 'cpu' ? [1] : [8, 1];
}
