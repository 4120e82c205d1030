import { RandomStream, type SyntheticSample, synthesize } from '@mediclip/synthesis';
import type { SynthesisThreadData, ThreadAnswer, ThreadRequest } from './synthesis-pool.js';

/** What a synthesis thread answers to a request: the sample, or why it cannot be drawn. */
export function drawSample({ images, options }: SynthesisThreadData, { id, request }: ThreadRequest): ThreadAnswer {
  const { image, seed, step, sample, purpose } = request;
  const normal = images[image];
  if (!normal) {
    return { id, error: `There is no image ${image} to draw from; the pool was started with ${images.length}.` };
  }
  try {
    return { id, sample: synthesize(normal, images, new RandomStream(seed, step, sample, purpose), options) };
  } catch (error) {
    return { id, error: (error as Error).message };
  }
}

/** The memory of a sample, to be handed to another thread without a copy. */
export function transferable({ image, mask }: SyntheticSample): ArrayBuffer[] {
  return [image.buffer as ArrayBuffer, mask.buffer as ArrayBuffer];
}
