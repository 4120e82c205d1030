import type { ModelCache } from '../../models/model-cache.js';
import { fixedImages } from '../fixed-images.js';
import type { JobRunner } from '../job-context.js';
import type { ScoreImagesDependencies } from '../scoring/score-images.js';
import { normalOnes } from './calibration-images.js';
import { calibrationOf } from './calibration-of.js';

type Dependencies = ScoreImagesDependencies & { readonly models: ModelCache };

/**
 * Gives a model split-conformal thresholds from normal images that it has not learned from: one for scores from their
 * scores, one for maps from the peaks of their maps. Copies and near copies count once; images that a verdict on the
 * model's results calls abnormal do not count.
 */
export function calibrationJob(dependencies: Dependencies): JobRunner<'calibration'> {
  return async (context) => {
    const { job, tenant, attempt, signal } = context;
    const { modelId, datasetId, alpha, highest } = job.request;
    const judged = await tenant.judgedImages.of(modelId);
    const { images, datasetDigest } = await fixedImages(context, (all) => ({ images: normalOnes(all, judged) }));
    const { calibration, notes } = await dependencies.models.use(tenant, modelId, (ready) =>
      calibrationOf(dependencies, context, {
        ready,
        lineage: ready.model.lineage,
        images,
        datasetId,
        datasetDigest,
        alpha,
        highest,
      }),
    );
    signal.throwIfAborted();
    const { threshold, images: count } = calibration;
    await tenant.models.calibrate(attempt, modelId, calibration);
    return { modelId, threshold, images: count, ...(notes.length > 0 && { notes: [...notes] }) };
  };
}
