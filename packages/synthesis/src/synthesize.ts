import type { Corner } from './box.js';
import { interleaved, type NormalImage, planesOf } from './image.js';
import { changeLabel } from './label/change-label.js';
import { forEachSetPixel, type Mask } from './masks/mask.js';
import { drawTask, type SynthesisOptions, type SynthesisTask } from './options.js';
import type { RandomStream } from './random/random-stream.js';
import { applyCutPaste, drawCutPaste } from './tasks/cut-paste.js';
import { applyDeformation, type DeformationParameters, drawDeformation } from './tasks/deformation.js';
import { applyGaussianIntensity, drawGaussianIntensity } from './tasks/gaussian-intensity.js';
import { applySmoothIntensity, drawSmoothIntensity } from './tasks/smooth-intensity.js';

const smallestSide = 32;

export interface SyntheticSample {
  readonly task: SynthesisTask;
  /** `side * side` greys or three times as many colour values, as the image given. */
  readonly image: Uint8Array;
  /** `side * side` soft labels, 0 (untouched) to 1 (abnormal). */
  readonly mask: Float32Array;
}

/**
 * Gives a normal image one or two synthetic anomalies of a task drawn at random, or leaves it as it is (identity). The
 * input images are not changed; the same arguments and the same random stream give the same bytes. `support` are the
 * normal images that cut-paste takes its content from, usually `image` among them. An anomaly of a colour image has one
 * shape and place; each channel is changed as a grey image of its own, so that a grey image gives the same as its three
 * equal channels.
 *
 * Throws a RangeError unless all images are squares of one side of at least 32 pixels, all grey or all in colour, and
 * when cut-paste is possible without a support image. Source: MediCLIP, section 2.2 of arXiv 2405.11315. Golden:
 * synthesis/distribution.
 */
export function synthesize(
  image: NormalImage,
  support: readonly NormalImage[],
  random: RandomStream,
  options: SynthesisOptions,
): SyntheticSample {
  const side = image.width;
  for (const each of [image, ...support]) checkImage(each, side, image.data.length);
  if (support.length === 0 && options.tasks.cutPaste > 0) {
    throw new RangeError('Cut-paste has no image to cut from; pass the normal images as support.');
  }
  const task = drawTask(options, random);
  const anomalies = random.chance(options.secondAnomalyProbability) ? 2 : 1;
  return { task, ...perform[task]({ planes: planesOf(image), side, support, anomalies, random }) };
}

interface Scene {
  /** The untouched image's channels, `side * side` values each. */
  readonly planes: readonly Uint8Array[];
  readonly side: number;
  readonly support: readonly NormalImage[];
  /** How many anomalies to place. */
  readonly anomalies: number;
  readonly random: RandomStream;
}

type LabelledImage = Pick<SyntheticSample, 'image' | 'mask'>;

const perform: Readonly<Record<SynthesisTask, (scene: Scene) => LabelledImage>> = {
  cutPaste({ planes, side, support, anomalies, random }) {
    const changed = planes.map((plane) => plane.slice());
    const union = placeAnomalies(anomalies, side, () => {
      const anomaly = drawCutPaste(side, support.length, random);
      const source = planesOf(support[anomaly.source]!);
      changed.forEach((plane, channel) => {
        applyCutPaste(plane, source[channel]!, side, anomaly);
      });
      return anomaly;
    });
    return { image: interleaved(changed), mask: changeLabel(planes, changed, union, side) };
  },

  gaussianIntensity({ planes, side, anomalies, random }) {
    const levels = planes.map((plane) => new Float64Array(plane));
    const union = placeAnomalies(anomalies, side, () => {
      const anomaly = drawGaussianIntensity(side, random);
      applyGaussianIntensity(levels, side, anomaly);
      return anomaly;
    });
    return { image: interleaved(levels.map((plane) => new Uint8Array(plane))), mask: new Float32Array(union) };
  },

  smoothIntensity({ planes, side, anomalies, random }) {
    const union = placeAnomalies(anomalies, side, () => {
      const anomaly = drawSmoothIntensity(side, random);
      for (const plane of planes) applySmoothIntensity(plane, side, anomaly);
      return anomaly;
    });
    return { image: interleaved(planes), mask: new Float32Array(union) };
  },

  sourceDeformation: (scene) => deform('source', scene),

  sinkDeformation: (scene) => deform('sink', scene),

  identity: ({ planes, side }) => ({ image: interleaved(planes), mask: new Float32Array(side * side) }),
};

function deform(kind: DeformationParameters['kind'], { planes, side, anomalies, random }: Scene): LabelledImage {
  const union = placeAnomalies(anomalies, side, () => {
    const anomaly = drawDeformation(kind, side, random);
    for (const plane of planes) applyDeformation(plane, side, anomaly);
    return { mask: anomaly.shape.mask, corner: anomaly.corner };
  });
  return { image: interleaved(planes), mask: new Float32Array(union) };
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

function checkImage({ width, height, data }: NormalImage, side: number, length: number): void {
  if (width !== height || width < smallestSide) {
    throw new RangeError(
      `The image is ${width} x ${height}; resize it to a square of at least ${smallestSide} pixels.`,
    );
  }
  if (width !== side) {
    throw new RangeError(`A support image has side ${width}, the image ${side}; resize them alike.`);
  }
  if (data.length !== width * height && data.length !== width * height * 3) {
    throw new RangeError(
      `The image has ${data.length} values, not ${width} x ${height}; pass one or three for each pixel.`,
    );
  }
  if (data.length !== length) {
    throw new RangeError('A support image is grey and the image in colour, or the reverse; prepare them alike.');
  }
}
