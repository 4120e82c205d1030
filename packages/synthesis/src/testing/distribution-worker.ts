import { parentPort, workerData } from 'node:worker_threads';
import type { NormalImage } from '../image.js';
import type { Mask } from '../masks/mask.js';
import type { SynthesisTask } from '../options.js';
import { RandomStream } from '../random/random-stream.js';
import { synthesize } from '../synthesize.js';
import { drawCutPaste } from '../tasks/cut-paste.js';
import { drawDeformation } from '../tasks/deformation.js';
import { drawGaussianIntensity } from '../tasks/gaussian-intensity.js';
import { drawSmoothIntensity } from '../tasks/smooth-intensity.js';
import { type SampleStatistics, sampleStatistics } from './sample-statistics.js';

export interface DistributionRequest {
  readonly task: Exclude<SynthesisTask, 'identity'>;
  /** The first is the image that receives the anomalies. */
  readonly support: readonly NormalImage[];
  readonly draws: number;
}

export interface CropStatistics {
  readonly crop_height: number;
  readonly crop_width: number;
  readonly crop_fill: number;
}

export interface DistributionAnswer {
  readonly samples: readonly SampleStatistics[];
  readonly samplesOfOneAnomaly: readonly SampleStatistics[];
  readonly crops: readonly CropStatistics[];
}

const seed = 1;

const drawMask: Record<DistributionRequest['task'], (side: number, supports: number, random: RandomStream) => Mask> = {
  cutPaste: (side, supports, random) => drawCutPaste(side, supports, random).mask,
  gaussianIntensity: (side, _, random) => drawGaussianIntensity(side, random).mask,
  smoothIntensity: (side, _, random) => drawSmoothIntensity(side, random).mask,
  sourceDeformation: (side, _, random) => drawDeformation('source', side, random).shape.mask,
  sinkDeformation: (side, _, random) => drawDeformation('sink', side, random).shape.mask,
};

function measure({ task, support, draws }: DistributionRequest): DistributionAnswer {
  const image = support[0]!;
  const none = {
    cutPaste: 0,
    gaussianIntensity: 0,
    smoothIntensity: 0,
    sourceDeformation: 0,
    sinkDeformation: 0,
    identity: 0,
  };
  const describe = (step: number, sample: number, secondAnomalyProbability: number) => {
    const options = { tasks: { ...none, [task]: 1 }, secondAnomalyProbability };
    return sampleStatistics(image.data, synthesize(image, support, new RandomStream(seed, step, sample), options));
  };
  return {
    samples: Array.from({ length: draws }, (_, i) => describe(0, i, 0.5)),
    samplesOfOneAnomaly: Array.from({ length: draws / 2 }, (_, i) => describe(1, i, 0)),
    crops: Array.from({ length: draws }, (_, i) => {
      const mask = drawMask[task](image.width, support.length, new RandomStream(seed, 2, i));
      const set = mask.data.reduce((sum, value) => sum + value, 0);
      return { crop_height: mask.rows, crop_width: mask.columns, crop_fill: set / mask.data.length };
    }),
  };
}

parentPort?.postMessage(measure(workerData as DistributionRequest));
