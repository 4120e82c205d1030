import type { Corner } from './box.js';
import type { GreyImage } from './image.js';
import { changeLabel } from './label/change-label.js';
import { forEachSetPixel, type Mask } from './masks/mask.js';
import { drawTask, type SynthesisOptions, type SynthesisTask } from './options.js';
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
  options: SynthesisOptions,
): SyntheticSample {
  const side = image.width;
  for (const each of [image, ...support]) checkImage(each, side);
  if (support.length === 0 && options.tasks.cutPaste > 0) {
    throw new RangeError('Cut-paste has no image to cut from; pass the normal images as support.');
  }
  const task = drawTask(options, random);
  const anomalies = random.chance(options.secondAnomalyProbability) ? 2 : 1;
  return { task, ...perform[task]({ pixels: image.data, side, support, anomalies, random }) };
}

interface Scene {
  /** The untouched image, `side * side` grey levels. */
  readonly pixels: Uint8Array;
  readonly side: number;
  readonly support: readonly GreyImage[];
  /** How many anomalies to place. */
  readonly anomalies: number;
  readonly random: RandomStream;
}

type LabelledImage = Pick<SyntheticSample, 'image' | 'mask'>;

const perform: Readonly<Record<SynthesisTask, (scene: Scene) => LabelledImage>> = {
  cutPaste({ pixels, side, support, anomalies, random }) {
    const image = pixels.slice();
    const union = placeAnomalies(anomalies, side, () => {
      const anomaly = drawCutPaste(side, support.length, random);
      applyCutPaste(image, support[anomaly.source].data, side, anomaly);
      return anomaly;
    });
    return { image, mask: changeLabel(pixels, image, union, side) };
  },

  gaussianIntensity({ pixels, side, anomalies, random }) {
    const levels = new Float64Array(pixels);
    const union = placeAnomalies(anomalies, side, () => {
      const anomaly = drawGaussianIntensity(side, random);
      applyGaussianIntensity(levels, side, anomaly);
      return anomaly;
    });
    return { image: new Uint8Array(levels), mask: new Float32Array(union) };
  },

  smoothIntensity({ pixels, side, anomalies, random }) {
    const image = pixels.slice();
    const union = placeAnomalies(anomalies, side, () => {
      const anomaly = drawSmoothIntensity(side, random);
      applySmoothIntensity(image, side, anomaly);
      return anomaly;
    });
    return { image, mask: new Float32Array(union) };
  },

  sourceDeformation: (scene) => deform('source', scene),

  sinkDeformation: (scene) => deform('sink', scene),

  identity: ({ pixels, side }) => ({ image: pixels.slice(), mask: new Float32Array(side * side) }),
};

function deform(kind: DeformationParameters['kind'], { pixels, side, anomalies, random }: Scene): LabelledImage {
  const image = pixels.slice();
  const union = placeAnomalies(anomalies, side, () => {
    const anomaly = drawDeformation(kind, side, random);
    applyDeformation(image, side, anomaly);
    return { mask: anomaly.shape.mask, corner: anomaly.corner };
  });
  return { image, mask: new Float32Array(union) };
}

/** Places `count` anomalies one after the other; the union of their masks, `side * side` values of 0 or 1. */
function placeAnomalies(
  count: number,
  side: number,
  placeOne: () => { readonly mask: Mask; readonly corner: Corner },
): Uint8Array {
  const union = new Uint8Array(side * side);
  for (let i = 0; i < count; i++) {
    const { mask, corner } = placeOne();
    forEachSetPixel(mask, corner, side, (_, inImage) => {
      union[inImage] = 1;
    });
  }
  return union;
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
