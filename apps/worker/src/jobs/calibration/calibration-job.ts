import { ProblemError } from '@mediclip/contracts';
import { conformalThreshold } from '@mediclip/evaluation';
import type { ModelCache } from '../../models/model-cache.js';
import { fixedImages } from '../fixed-images.js';
import type { JobRunner } from '../job-context.js';
import { type ScoreImagesDependencies, scoreImages } from '../scoring/score-images.js';
import { unseenNormalImages } from './calibration-images.js';

/** Gives a model a split-conformal threshold from the scores of normal images that it has not learned from. */
export function calibrationJob(
  dependencies: ScoreImagesDependencies & { readonly models: ModelCache },
): JobRunner<'calibration'> {
  return async (context) => {
    const { job, tenant, attempt, signal, report } = context;
    const { modelId, datasetId, alpha } = job.request;
    const { images, datasetDigest } = await fixedImages(context, (all) =>
      all.filter(({ label }) => label === 'normal'),
    );
    const { lineage } = await tenant.models.get(modelId);
    const unseen = await unseenNormalImages(images, lineage, tenant);
    const scores = await dependencies.models.use(tenant, modelId, async (ready) => {
      const found: number[] = [];
      let done = 0;
      for await (const { scored } of scoreImages(dependencies, context, ready, unseen)) {
        if (scored) found.push(scored.score);
        report({ phase: 'scoring', done: ++done, total: unseen.length });
      }
      return found;
    });

    const threshold = conformalThreshold(scores, alpha);
    if (!threshold.defined) {
      throw new ProblemError('too-few-images', `${threshold.reason}${leftOutInWords(images.length, scores.length)}`, {
        needed: threshold.neededImages,
        available: threshold.normalImages,
      });
    }
    signal.throwIfAborted();
    await tenant.models.calibrate(attempt, modelId, {
      alpha,
      threshold: threshold.value,
      images: scores.length,
      scores: scores.toSorted((a, b) => a - b),
      datasetId,
      datasetDigest,
      jobId: job.id,
      createdAt: new Date().toISOString(),
    });
    return { modelId, threshold: threshold.value, images: scores.length };
  };
}

/** Why fewer images counted than the data set has. */
function leftOutInWords(normalImages: number, counted: number): string {
  const leftOut = normalImages - counted;
  if (leftOut === 0) return '';
  return ` (${leftOut} of ${normalImages} were left out: the model has learned from them, or they cannot be read.)`;
}
