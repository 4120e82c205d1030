import { json } from 'node:stream/consumers';
import {
  type EvaluationScores,
  evaluationScoresFileName,
  evaluationScoresSchema,
  ProblemError,
  reportFileName,
} from '@mediclip/contracts';
import { operatingPoints } from '@mediclip/evaluation';
import { RecordNotFound, type TenantStore } from '@mediclip/store';
import { usableBackbone } from '../backbones/backbone-catalogue.js';
import type { HandlersOf } from '../http/handlers.js';
import { jsonPage } from '../http/json-page.js';
import { type Submission, submitJob, tooFewImages } from './submit-job.js';

export function evaluationHandlers(
  dependencies: Submission & { readonly modelsFolder: string },
): HandlersOf<
  | 'createEvaluation'
  | 'listEvaluations'
  | 'getEvaluation'
  | 'deleteEvaluation'
  | 'getOperatingPoints'
  | 'getEvaluationReport'
> {
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

    listEvaluations: async ({ query, store }) => ({ json: jsonPage(await store.evaluations.list(query, query)) }),

    async getOperatingPoints({ params, store }) {
      const scores = await scoresOf(store, params.id);
      const points = operatingPoints(
        scores.map(({ score }) => score),
        scores.map(({ label }) => label === 'abnormal'),
      );
      return { json: { points } };
    },

    getEvaluation: async ({ params, store }) => ({ json: await store.evaluations.get(params.id) }),

    async deleteEvaluation({ params, store }) {
      await store.evaluations.delete(params.id);
      return undefined;
    },

    async getEvaluationReport({ params, store }) {
      const { stream } = await store.evaluations.openFile(params.id, reportFileName);
      return { mediaType: 'text/html; charset=utf-8', bytes: stream };
    },
  };
}

/** The scores of the evaluated images. Throws `evaluation-without-scores` for an evaluation that kept none. */
async function scoresOf(store: TenantStore, evaluationId: string): Promise<EvaluationScores> {
  await store.evaluations.get(evaluationId);
  try {
    const { stream } = await store.evaluations.openFile(evaluationId, evaluationScoresFileName);
    return evaluationScoresSchema.parse(await json(stream));
  } catch (error) {
    if (!(error instanceof RecordNotFound)) throw error;
    throw new ProblemError('evaluation-without-scores', undefined, {}, { cause: error });
  }
}
