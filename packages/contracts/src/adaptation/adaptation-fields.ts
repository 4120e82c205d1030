import { z } from 'zod';

// The fields that options share, whether a request gives them (each may be missing) or a model records them (none may
// be).
const phraseList = z
  .array(z.string().min(1).max(400).regex(/\S/, 'A phrase needs at least one visible character'))
  .min(1)
  .max(64);

const probability = z.number().min(0).max(1);

export const promptFields = {
  normal: phraseList.meta({ description: 'Phrases that describe a normal image.' }),
  abnormal: phraseList.meta({ description: 'Phrases that describe an abnormal image.' }),
};

export const taskFields = {
  cutPaste: probability.meta({ description: 'A turned and scaled region of another normal image, pasted.' }),
  gaussianIntensity: probability.meta({ description: 'Smoothed noise added or subtracted under a mask.' }),
  smoothIntensity: probability.meta({ description: 'An even brightening or darkening, ramped up from the mask edge.' }),
  sourceDeformation: probability.meta({ description: 'A local swelling around a point.' }),
  sinkDeformation: probability.meta({ description: 'A local shrinking towards a point.' }),
  identity: probability.meta({ description: 'The image left untouched.' }),
};

export const sumsToOne = (tasks: Partial<Record<keyof typeof taskFields, number | undefined>>) =>
  Math.abs(Object.values(tasks).reduce((sum: number, share) => sum + (share ?? 0), 0) - 1) < 1e-6;

export const sumMessage = 'The probabilities of the tasks must sum to 1; a task that is not named counts as 0';

export const secondAnomalyProbability = probability.meta({
  description: 'How often a second anomaly is added to the first.',
});

/** Of one training. */
export const mostEpochs = 10_000;

export const trainingFields = {
  epochs: z.int().min(1).max(mostEpochs).meta({ description: 'Visits of every normal image.' }),
  batchSize: z.int().min(1).max(64).meta({ description: 'Images per optimiser step.' }),
  learningRate: z.number().gt(0).max(1).meta({ description: "Adam's learning rate." }),
  schedule: z.enum(['constant', 'cosine']).meta({ description: 'How the learning rate goes over the training.' }),
  averaging: z.number().min(0).max(0.9999).meta({
    description: 'Decay per step of the exponential moving average of the trained parameters; 0 is none.',
  }),
  selection: z.enum(['last', 'heldOut']).meta({
    description: 'Which epoch becomes the model: the last, or the best on held-out synthetic anomalies.',
  }),
  heldOutSamples: z.int().min(0).max(256).meta({ description: 'Synthetic samples held out for the selection.' }),
  checkpointEverySteps: z.int().min(1).max(1_000_000).meta({ description: 'Optimiser steps between two checkpoints.' }),
};

export const scoringFields = {
  pooling: z.enum(['max', 'top']).meta({
    description:
      "The image's score: the maximum of its map, or the mean of its highest `topShare`. With a memory, of the map as it is before it is smoothed and with the image's own part (`memoryImageWeight`).",
  }),
  topShare: z.number().gt(0).max(1).meta({ description: 'Share of the map that `top` averages.' }),
  memoryWeight: z.number().min(0).max(100).meta({
    description:
      'Weight of the memory of normal patches in the map, beside the learned map with weight 1; both on the scale of the normals. 0 and `memoryImageWeight` 0: no memory.',
  }),
  memoryImageWeight: z.number().min(0).max(100).meta({
    description:
      "Weight of the memory map's mean over the image in the score. The map, which says where, is without it.",
  }),
  memoryPatches: z.int().min(16).max(65_536).meta({ description: 'How many normal patches the memory keeps.' }),
};

export const scalarFields = {
  backbone: z.string().min(1).max(100).meta({ description: 'Id of a backbone of `GET /v1/backbones`.' }),
  preset: z
    .enum(['default', 'paper'])
    .meta({ description: 'Where options that are not given take their values from.' }),
  shots: z.int().min(1).max(512).meta({ description: 'How many normal training images are used.' }),
  seed: z.int().min(0).max(4_294_967_295).meta({ description: 'Seed of every random draw.' }),
  contextTokens: z.int().min(1).max(32).meta({ description: 'Learnable vectors per prompt.' }),
  classSpecificContext: z.boolean().meta({ description: 'Every phrase owns its vectors, or a state shares one set.' }),
  phrasePositions: z
    .array(z.enum(['end', 'middle', 'front']))
    .min(1)
    .max(3)
    .refine((positions) => new Set(positions).size === positions.length, 'Name every position once')
    .meta({
      description: 'Where the phrase stands among the learnable vectors; several are averaged.',
      uniqueItems: true,
    }),
  promptAttention: z.enum(['causal', 'full']).meta({
    description:
      "Attention over the prompts: with the mask CLIP was trained with, or without any as in the authors' code.",
  }),
};

export const excludeOutliers = z.boolean().meta({
  description:
    'Whether normal images that do not belong to the others (another kind of image, inverted greys) are left out; otherwise they are named only.',
});

export const optionsName = z
  .string()
  .min(1)
  .max(200)
  .meta({ description: 'A name for people.', examples: ['Brain MRI, 16 shots'] });

export const taps = z
  .array(z.int().min(0).max(1000))
  .min(1)
  .max(16)
  .refine(
    (layers) => layers.every((layer, i) => i === 0 || layer > layers[i - 1]!),
    'Taps must be unique and ascending',
  )
  .meta({ description: "Layers of the image tower whose features are used; the backbone's own when left out." });
