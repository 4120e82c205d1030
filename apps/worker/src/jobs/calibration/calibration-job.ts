import { ProblemError } from '@mediclip/contracts';
import { conformalThreshold } from '@mediclip/evaluation';
import type { ModelCache } from '../../models/model-cache.js';
import { fixedImages } from '../fixed-images.js';
import type { JobRunner } from '../job-context.js';
import { type ScoreImagesDependencies, scoreImages } from '../scoring/score-images.js';
import { unseenNormalImages } from './calibration-images.js';

/**
 * Gives a model split-conformal thresholds from normal images that it has not learned from: one for scores from their scores, one for maps
 * from the peaks of their maps.
 */
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
    const scores: number[] = [];
    const peaks: number[] = [];
    await dependencies.models.use(tenant, modelId, async (ready) => {
      let done = 0;
      for await (const { scored } of scoreImages(dependencies, context, ready, unseen)) {
        if (scored) {
          scores.push(scored.score);
          peaks.push(scored.map.reduce((highest, value) => Math.max(highest, value), 0));
        }
        report({ phase: 'scoring', done: ++done, total: unseen.length });
      }
    });

    const leftOut = images.length - scores.length;
    const threshold = thresholdOf(scores, alpha, leftOut);
    const mapThreshold = thresholdOf(peaks, alpha, leftOut);
    signal.throwIfAborted();
    await tenant.models.calibrate(attempt, modelId, {
      alpha,
      threshold,
      mapThreshold,
      images: scores.length,
      scores: scores.toSorted((a, b) => a - b),
      mapPeaks: peaks.toSorted((a, b) => a - b),
      datasetId,
      datasetDigest,
      jobId: job.id,
      createdAt: new Date().toISOString(),
    });
    return { modelId, threshold, images: scores.length };
  };
}

/** The conformal threshold of the values of normal images, of which `leftOut` more have no value. Throws `too-few-images`. */
function thresholdOf(values: readonly number[], alpha: number, leftOut: number): number {
  const threshold = conformalThreshold(values, alpha);
  if (threshold.defined) return threshold.value;
  const why =
    leftOut === 0
      ? ''
      : ` (${leftOut} of ${values.length + leftOut} were left out: the model has learned from them, or they cannot be read.)`;
  throw new ProblemError('too-few-images', `${threshold.reason}${why}`, {
    needed: threshold.neededImages,
    available: threshold.normalImages,
  });
}
