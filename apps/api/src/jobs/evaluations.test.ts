import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JobOf } from '@mediclip/contracts';
import { closeSharedPool, TestService, unknownId } from '../testing/test-service.js';

let service: TestService;
let modelId: string;
let baselineModelId: string;
let datasetId: string;
beforeAll(async () => {
  service = await TestService.start();
  const [model, baseline] = [await service.model(), await service.model()];
  [modelId, baselineModelId, datasetId] = [model.modelId, baseline.modelId, model.dataset.id];
});
afterAll(async () => {
  await service.stop();
  await closeSharedPool();
});

describe('an evaluation with a baseline', () => {
  test('is a job that names both models, and its figures compare them', async () => {
    const { status, json } = await service.post('/v1/evaluations', { json: { modelId, datasetId, baselineModelId } });
    expect(status).toBe(202);
    expect(json.request).toEqual({ modelId, datasetId, baselineModelId });
    const { result } = (await service.ended(json.id)) as JobOf<'evaluation'>;
    const { json: evaluation } = await service.get(`/v1/evaluations/${result!.evaluationId}`);
    expect(evaluation.comparison).toMatchObject({ baselineModelId, difference: { value: -0.05 } });
  });

  test('that is not there is not found', async () => {
    const json = { modelId, datasetId, baselineModelId: unknownId() };
    expect((await service.post('/v1/evaluations', { json })).problem).toBe('not-found');
  });
});
