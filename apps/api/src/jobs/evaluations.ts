import { reportFileName } from '@mediclip/contracts';
import { usableBackbone } from '../backbones/backbone-catalogue.js';
import type { HandlersOf } from '../http/handlers.js';
import { type Submission, submitJob, tooFewImages } from './submit-job.js';

export function evaluationHandlers(
  dependencies: Submission & { readonly modelsFolder: string },
): HandlersOf<'createEvaluation' | 'getEvaluation' | 'getEvaluationReport'> {
  return {
    async createEvaluation(call) {
      const { modelId, datasetId, baselineModelId } = call.body;
      const model = await call.store.models.get(modelId);
      const baseline = baselineModelId === undefined ? model : await call.store.models.get(baselineModelId);
      const { test } = await call.store.images.counts(datasetId);
      for (const { configuration } of [model, baseline]) {
        usableBackbone(configuration.backbone, dependencies.modelsFolder);
      }
      if (test.normal + test.abnormal === 0) throw tooFewImages(1, 0, 'test images');
      return submitJob(call, { kind: 'evaluation', request: call.body }, dependencies);
    },

    getEvaluation: async ({ params, store }) => ({ json: await store.evaluations.get(params.id) }),

    async getEvaluationReport({ params, store }) {
      const { stream } = await store.evaluations.openFile(params.id, reportFileName);
      return { mediaType: 'text/html', bytes: stream };
    },
  };
}
