import { usableBackbone } from '../backbones/catalogue.js';
import { type Submission, submitJob, tooFewImages } from '../jobs/submit-job.js';
import type { HandlersOf } from '../routing/handlers.js';

export function calibrationHandlers(
  dependencies: Submission & { readonly modelsFolder: string },
): HandlersOf<'calibrateModel'> {
  return {
    async calibrateModel(call) {
      const { configuration } = await call.store.models.get(call.params.id);
      const { train, test } = await call.store.images.counts(call.body.datasetId);
      usableBackbone(configuration.backbone, dependencies.modelsFolder);
      if (train.normal + test.normal === 0) throw tooFewImages(1, 0, 'normal images');
      const request = { modelId: call.params.id, ...call.body };
      return submitJob(call, { kind: 'calibration', request }, dependencies);
    },
  };
}
