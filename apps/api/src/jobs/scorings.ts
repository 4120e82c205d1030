import { ProblemError } from '@mediclip/contracts';
import { usableBackbone } from '../backbones/backbone-catalogue.js';
import type { HandlersOf } from '../http/handlers.js';
import { type Submission, submitJob, tooFewImages } from './submit-job.js';

export function scoringHandlers(
  dependencies: Submission & { readonly modelsFolder: string },
): HandlersOf<'createScoring'> {
  return {
    async createScoring(call) {
      const { modelId, datasetId, split, falseDiscoveryRate } = call.body;
      const { configuration, calibration } = await call.store.models.get(modelId);
      const counts = await call.store.images.counts(datasetId);
      usableBackbone(configuration.backbone, dependencies.modelsFolder);
      const available = split === undefined ? counts.total : counts[split].normal + counts[split].abnormal;
      if (available === 0) throw tooFewImages(1, 0, split === undefined ? 'images' : `images of the split ${split}`);
      if (falseDiscoveryRate !== undefined && calibration === null) {
        throw new ProblemError(
          'model-not-calibrated',
          'A false discovery rate needs p-values: calibrate the model first.',
        );
      }
      return submitJob(call, { kind: 'scoring', request: call.body }, dependencies);
    },
  };
}
