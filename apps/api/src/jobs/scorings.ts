import { usableBackbone } from '../backbones/backbone-catalogue.js';
import type { HandlersOf } from '../http/handlers.js';
import { type Submission, submitJob, tooFewImages } from './submit-job.js';

export function scoringHandlers(
  dependencies: Submission & { readonly modelsFolder: string },
): HandlersOf<'createScoring'> {
  return {
    async createScoring(call) {
      const { modelId, datasetId, split } = call.body;
      const { configuration } = await call.store.models.get(modelId);
      const counts = await call.store.images.counts(datasetId);
      usableBackbone(configuration.backbone, dependencies.modelsFolder);
      const available = split === undefined ? counts.total : counts[split].normal + counts[split].abnormal;
      if (available === 0) throw tooFewImages(1, 0, split === undefined ? 'images' : `images of the split ${split}`);
      return submitJob(call, { kind: 'scoring', request: call.body }, dependencies);
    },
  };
}
