import { ProblemError } from '@mediclip/contracts';
import { assertCanSend, type DicomwebSettings } from '@mediclip/dicomweb';
import { usableBackbone } from '../backbones/backbone-catalogue.js';
import type { HandlersOf } from '../http/handlers.js';
import { type Submission, submitJob, tooFewImages } from './submit-job.js';

export function scoringHandlers(
  dependencies: Submission & { readonly modelsFolder: string; readonly dicomweb: DicomwebSettings },
): HandlersOf<'createScoring'> {
  return {
    async createScoring(call) {
      const { modelId, datasetId, split, falseDiscoveryRate, dicomResults } = call.body;
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
      if (dicomResults) assertCanSend(dependencies.dicomweb, dicomResults.server, call.store.tenant);
      return submitJob(call, { kind: 'scoring', request: call.body }, dependencies);
    },
  };
}
