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

describe('evaluations', () => {
  test('are listed newest first, and filtered by model and data set', async () => {
    const made: string[] = [];
    for (const id of [modelId, baselineModelId]) {
      const { json } = await service.post('/v1/evaluations', { json: { modelId: id, datasetId } });
      made.push(((await service.ended(json.id)) as JobOf<'evaluation'>).result!.evaluationId);
    }
    const ids = async (query: string) =>
      (await service.get(`/v1/evaluations?${query}`)).json.items.map(({ id }: { id: string }) => id);
    expect(await ids('limit=2')).toEqual(made.toReversed());
    expect(await ids(`modelId=${baselineModelId}`)).toEqual([made[1]]);
    expect(await ids(`modelId=${baselineModelId}&datasetId=${unknownId()}`)).toEqual([]);
  });

  test('say what each threshold makes of their images; those without scores say why not', async () => {
    const { json } = await service.post('/v1/evaluations', { json: { modelId, datasetId } });
    const { evaluationId } = ((await service.ended(json.id)) as JobOf<'evaluation'>).result!;
    const { status, json: answer } = await service.get(`/v1/evaluations/${evaluationId}/operating-points`);
    expect(status).toBe(200);
    const counts = answer.points.map((p: Record<string, number>) => [p.threshold, p.truePositives, p.falsePositives]);
    expect(counts).toEqual([
      [0, 1, 1],
      [0.25, 1, 0],
      [0.75, 0, 0],
    ]);
    const [file] = (await service.keys()).filter((key) => key.includes(evaluationId) && key.endsWith('scores.json'));
    await service.store.objects.delete(file!);
    const refused = await service.get(`/v1/evaluations/${evaluationId}/operating-points`);
    expect(refused).toMatchObject({ status: 409, problem: 'evaluation-without-scores' });
  });
});
