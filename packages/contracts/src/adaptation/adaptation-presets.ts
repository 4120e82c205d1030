import type { AdaptationOptions } from './adaptation-options.js';

/** What a preset decides: every option that a request may leave out and that has a value of its own. */
export type PresetValues = Omit<AdaptationOptions, 'preset' | 'name' | 'taps' | 'intensity' | 'excludeOutliers'>;

/** Phrases of the two states as in the authors' code (arXiv 2405.11315). */
const phrases = {
  normal: [
    'normal',
    'healthy',
    'negative',
    'unremarkable',
    'clear',
    'asymptomatic',
    'normal findings',
    'no findings',
    'in good health',
    'no evidence of disease',
  ],
  abnormal: [
    'abnormal',
    'positive',
    'symptomatic',
    'disease',
    'lesion',
    'pathological',
    'impaired',
    'evidence of disease',
    'abnormal finding',
    'pathological condition',
    'pathological abnormality',
  ],
};

/** The paper's mix of synthetic anomalies (method.md, section 7). */
const paperSynthesis = {
  tasks: {
    cutPaste: 0.25,
    gaussianIntensity: 0.25,
    smoothIntensity: 0,
    sourceDeformation: 0.25,
    sinkDeformation: 0,
    identity: 0.25,
  },
  secondAnomalyProbability: 0.5,
};

const common = {
  backbone: 'lite',
  shots: 16,
  seed: 0,
  prompts: phrases,
  contextTokens: 8,
  classSpecificContext: true,
  phrasePositions: ['end'],
} satisfies Partial<PresetValues>;

const commonTraining = {
  batchSize: 8,
  learningRate: 1e-3,
  schedule: 'constant',
  selection: 'heldOut',
  heldOutSamples: 32,
  checkpointEverySteps: 20,
} satisfies Partial<PresetValues['training']>;

/** One mix, one length, one averaging and one fusion for all data sets, chosen for small backbones. */
const defaultPreset: PresetValues = {
  ...common,
  synthesis: {
    ...paperSynthesis,
    tasks: {
      cutPaste: 0.2,
      gaussianIntensity: 0.2,
      smoothIntensity: 0.2,
      sourceDeformation: 0.2,
      sinkDeformation: 0,
      identity: 0.2,
    },
  },
  promptAttention: 'causal',
  training: { ...commonTraining, epochs: 50, averaging: 0.98 },
  scoring: { pooling: 'top', topShare: 0.02, memoryWeight: 1.25, memoryImageWeight: 2.75, memoryPatches: 4096 },
};

/**
 * The paper's setting, meant for CLIP backbones; the epoch is chosen on held-out synthetic anomalies, never on the test
 * set.
 */
const paperPreset: PresetValues = {
  ...common,
  synthesis: paperSynthesis,
  promptAttention: 'full',
  training: { ...commonTraining, epochs: 200, averaging: 0 },
  scoring: { pooling: 'max', topShare: 0.01, memoryWeight: 0, memoryImageWeight: 0, memoryPatches: 4096 },
};

/** The values of every preset, one table each. */
export const adaptationPresets: Readonly<Record<AdaptationOptions['preset'], PresetValues>> = {
  default: defaultPreset,
  paper: paperPreset,
};
