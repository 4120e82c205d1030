import { conformalThreshold } from '@mediclip/evaluation';
import { usableBackbone } from '../backbones/backbone-catalogue.js';
import type { HandlersOf } from '../http/handlers.js';
import { type Submission, submitJob, tooFewImages } from '../jobs/submit-job.js';

export function calibrationHandlers(
  dependencies: Submission & { readonly modelsFolder: string },
): HandlersOf<'calibrateModel'> {
  return {
    async calibrateModel(call) {
      const { configuration } = await call.store.models.get(call.params.id);
      const { train, test } = await call.store.images.counts(call.body.datasetId);
      usableBackbone(configuration.backbone, dependencies.modelsFolder);
      const available = train.normal + test.normal;
      const needed = normalImagesNeeded(call.body.alpha);
      if (available < needed) {
        throw tooFewImages(needed, available, `normal images for alpha = ${call.body.alpha}`);
      }
      const request = { modelId: call.params.id, ...call.body };
      return submitJob(call, { kind: 'calibration', request }, dependencies);
    },
  };
}

/** How few normal images can give a threshold for `alpha`, however they score: the rule for finite samples. */
function normalImagesNeeded(alpha: number): number {
  const none = conformalThreshold([], alpha);
  if (none.defined) throw new Error('This is a bug: a threshold came from no images.');
  return none.neededImages;
}
