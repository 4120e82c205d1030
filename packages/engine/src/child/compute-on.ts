import { AdaptationRun, InspectionRun, RevisionRun, Scorer, type Towers } from '@mediclip/adaptation';
import type { AnomalyMap } from '@mediclip/maps';
import type { Runtime } from '@mediclip/onnx-graph';
import type { Compute, ScoreInput } from './compute.js';
import { batchShapes } from './scheduler.js';

/** More would be no faster, and others would wait longer for their turn. */
const imagesOfLane = 2;

/** Detectors and adaptations on these towers. Everything of one backbone and the same taps shares one. */
export function computeOn(towers: Towers): Compute {
  const scorer = new Scorer(towers);
  return {
    provider: towers.runtime.provider,
    batchSizes: batchSizesOn(towers.runtime),
    towerKey: (detector) => scorer.towerKey(detector),
    score: (batch) => score(scorer, batch),
    async openAdaptation(job, samples) {
      const { backbone, taps } = job.options;
      return AdaptationRun.open(job, towers.open(backbone, taps), samples);
    },
    openRevision: (job) => RevisionRun.open(job, towers),
    openInspection: async (job) => InspectionRun.open(job, towers),
    async release(detectorId) {
      await scorer.forget(detectorId);
    },
  };
}

function batchSizesOn({ provider, lanes = [] }: Runtime): readonly number[] {
  if (provider !== 'cpu') return batchShapes;
  return Array.from({ length: imagesOfLane * Math.max(1, lanes.length) }, (_, index) => index + 1);
}

async function score(scorer: Scorer, batch: readonly ScoreInput[]): Promise<AnomalyMap[]> {
  const scored = await scorer.score(batch.map(({ detector, image }) => ({ detector, image: image.data })));
  for (const [index, { mapSide }] of scored.entries()) {
    const { side } = batch[index]!.image;
    if (side !== mapSide) {
      throw new RangeError(`The image has side ${side}, but the detector takes ${mapSide}; resize it.`);
    }
  }
  return scored;
}
