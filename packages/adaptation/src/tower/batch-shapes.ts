import type { Runtime } from '@mediclip/onnx-graph';
import { largeBytes } from '../weight-files.js';

const hugeBytes = 2 * largeBytes;

/** The largest batch on a processor: none larger has been faster. */
const mostOnProcessor = 8;

/**
 * The fixed batch shapes of a tower whose weight files have so many bytes, largest first. Every shape is a session that
 * holds the weights and the activations of its batch in memory (of `lite` 50, 95 and 155 MiB for 2, 4 and 8 images), so
 * a processor has no larger batch than it has threads: every thread finds an image then, and one thread alone is as
 * fast with one. It gives a large tower two shapes, and takes the images of a huge one, whose matrix products are large
 * enough, one by one. A GPU is idle with few images, and has all shapes for every tower.
 */
export function batchShapesFor(
  weightBytes: number,
  { provider, threads = mostOnProcessor }: Pick<Runtime, 'provider' | 'threads'>,
): readonly number[] {
  if (provider !== 'cpu') return [16, 8, 4, 2, 1];
  const shapes = [mostOnProcessor, 4, 2, 1].filter((shape) => shape < 2 * threads);
  if (weightBytes < largeBytes) return shapes;
  return weightBytes >= hugeBytes ? [1] : [...new Set([shapes[0]!, 1])];
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
