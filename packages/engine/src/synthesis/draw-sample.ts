import type { SampleRequest } from '@mediclip/adaptation';
import {
  type NormalImage,
  RandomStream,
  type SynthesisOptions,
  type SyntheticSample,
  synthesize,
} from '@mediclip/synthesis';

/** What the threads of a synthesis pool start with. */
export interface SynthesisThreadData {
  readonly images: readonly NormalImage[];
  readonly options: SynthesisOptions;
}

/** The sample of a request, a function of it alone. Throws a RangeError for an image that is not there. */
export function drawSample({ images, options }: SynthesisThreadData, request: SampleRequest): SyntheticSample {
  const { image, seed, step, sample, purpose } = request;
  const normal = images[image];
  if (!normal) {
    throw new RangeError(`There is no image ${image} to draw from; the pool was started with ${images.length}.`);
  }
  return synthesize(normal, images, new RandomStream(seed, step, sample, purpose), options);
}
