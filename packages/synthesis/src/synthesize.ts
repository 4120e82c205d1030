import type { GreyImage } from './image.js';
import { changeLabel } from './label/change-label.js';
import { markMask } from './masks/mask.js';
import { defaultSynthesisOptions, drawTask, type SynthesisOptions, type SynthesisTask } from './options.js';
import type { RandomStream } from './random/random-stream.js';
import { applyCutPaste, drawCutPaste } from './tasks/cut-paste.js';
import { applyDeformation, type DeformationParameters, drawDeformation } from './tasks/deformation.js';
import { applyGaussianIntensity, drawGaussianIntensity } from './tasks/gaussian-intensity.js';
import { applySmoothIntensity, drawSmoothIntensity } from './tasks/smooth-intensity.js';

const SMALLEST_SIDE = 32;

export interface SyntheticSample {
  readonly task: SynthesisTask;
  /** `side * side` grey levels. */
  readonly image: Uint8Array;
  /** `side * side` soft labels, 0 (untouched) to 1 (abnormal). */
  readonly mask: Float32Array;
}

/**
 * Gives a normal image one or two synthetic anomalies of a task drawn at random, or leaves it as it is (identity). The input images
 * are not changed; the same arguments and the same random stream give the same bytes. `support` are the normal images that
 * cut-paste takes its content from, usually `image` among them.
 *
 * Throws a RangeError unless all images are squares of one side of at least 32 pixels, and when cut-paste is possible without a support image.
 * Source: MediCLIP, section 2.2 of arXiv 2405.11315. Golden: synthesis/distribution.
 */
export function synthesize(
  image: GreyImage,
  support: readonly GreyImage[],
  random: RandomStream,
  options: SynthesisOptions = defaultSynthesisOptions,
): SyntheticSample {
  const side = image.width;
  for (const each of [image, ...support]) checkImage(each, side);
  if (support.length === 0 && options.tasks.cutPaste > 0) {
    throw new RangeError('Cut-paste has no image to cut from; pass the normal images as support.');
  }
  const task = drawTask(options, random);
  if (task === 'identity') return { task, image: image.data.slice(), mask: new Float32Array(side * side) };
  const anomalies = drawAnomalyCount(options, random);
  return { task, ...place[task](image.data, side, support, anomalies, random) };
}

/** One or two (method, section 7). */
export function drawAnomalyCount(options: SynthesisOptions, random: RandomStream): number {
  return random.chance(options.secondAnomalyProbability) ? 2 : 1;
}

type Placement = Pick<SyntheticSample, 'image' | 'mask'>;

/** How each task places so many anomalies in the square `original` of side `side`. */
const place: Record<
  Exclude<SynthesisTask, 'identity'>,
  (
    original: Uint8Array,
    side: number,
    support: readonly GreyImage[],
    anomalies: number,
    random: RandomStream,
  ) => Placement
> = {
  cutPaste(original, side, support, anomalies, random) {
    const image = original.slice();
    const union = new Uint8Array(side * side);
    for (let i = 0; i < anomalies; i++) {
      const parameters = drawCutPaste(side, support.length, random);
      applyCutPaste(image, support[parameters.source].data, side, parameters);
      markMask(union, side, parameters.mask, parameters.corner);
    }
    return { image, mask: changeLabel(original, image, union, side) };
  },

  gaussianIntensity(original, side, _support, anomalies, random) {
    const levels = Float64Array.from(original);
    const union = new Uint8Array(side * side);
    for (let i = 0; i < anomalies; i++) {
      const parameters = drawGaussianIntensity(side, random);
      applyGaussianIntensity(levels, side, parameters);
      markMask(union, side, parameters.mask, parameters.corner);
    }
    return { image: Uint8Array.from(levels), mask: Float32Array.from(union) };
  },

  smoothIntensity(original, side, _support, anomalies, random) {
    const image = original.slice();
    const union = new Uint8Array(side * side);
    for (let i = 0; i < anomalies; i++) {
      const parameters = drawSmoothIntensity(side, random);
      applySmoothIntensity(image, side, parameters);
      markMask(union, side, parameters.mask, parameters.corner);
    }
    return { image, mask: Float32Array.from(union) };
  },

  sourceDeformation(original, side, _support, anomalies, random) {
    return placeDeformations('source', original, side, anomalies, random);
  },

  sinkDeformation(original, side, _support, anomalies, random) {
    return placeDeformations('sink', original, side, anomalies, random);
  },
};

function placeDeformations(
  kind: DeformationParameters['kind'],
  original: Uint8Array,
  side: number,
  anomalies: number,
  random: RandomStream,
): Placement {
  const image = original.slice();
  const union = new Uint8Array(side * side);
  for (let i = 0; i < anomalies; i++) {
    const parameters = drawDeformation(kind, side, random);
    applyDeformation(image, side, parameters);
    markMask(union, side, parameters.shape.mask, parameters.corner);
  }
  return { image, mask: Float32Array.from(union) };
}

function checkImage({ width, height, data }: GreyImage, side: number): void {
  if (width !== height || width < SMALLEST_SIDE) {
    throw new RangeError(
      `The image is ${width} x ${height}; resize it to a square of at least ${SMALLEST_SIDE} pixels.`,
    );
  }
  if (width !== side) {
    throw new RangeError(`A support image has side ${width}, the image ${side}; resize them alike.`);
  }
  if (data.length !== width * height) {
    throw new RangeError(`The image has ${data.length} pixels, not ${width} x ${height}; pass one byte for each.`);
  }
}
