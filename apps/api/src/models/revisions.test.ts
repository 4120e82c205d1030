import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Image } from '@mediclip/contracts';
import { closeSharedPool, freshKey, TestService, unknownId } from '../testing/test-service.js';

let service: TestService;
let modelId: string;
let datasetId: string;
let images: Image[];
beforeAll(async () => {
  service = await TestService.start();
  const { modelId: id, dataset } = await service.model();
  [modelId, datasetId] = [id, dataset.id];
  images = (await service.get(`/v1/datasets/${datasetId}/images`)).json.items;
  await service.send('PUT', '/v1/aliases/production', { json: { modelId } });
});
afterAll(async () => {
  await service.stop();
  await closeSharedPool();
});

const revise = (json: unknown, { of = modelId, headers = {} } = {}) =>
  service.post(`/v1/models/${of}/revisions`, { json, headers });

const idOf = (fileName: string) => images.find((image) => image.fileName === fileName)!.id;

async function judge(fileName: string, verdict: 'normal' | 'abnormal'): Promise<void> {
  const { json } = await service.post('/v1/scorings', { json: { modelId, datasetId } });
  await service.ended(json.id);
  await service.post(`/v1/jobs/${json.id}/results/${idOf(fileName)}/verdict`, { json: { verdict } });
}

describe('a revision', () => {
  test('is a job that names the model, also by its alias, and is made once for one idempotency key', async () => {
    const body = { datasetId, imageIds: [idOf('normal.bmp')] };
    const headers = { 'idempotency-key': freshKey() };
    const first = await revise(body, { of: '@production', headers });
    expect(first).toMatchObject({ status: 202, json: { kind: 'revision', request: { modelId, ...body } } });
    expect(first.headers.get('location')).toBe(`/v1/jobs/${first.json.id}`);
    expect((await revise(body, { of: '@production', headers })).json.id).toBe(first.json.id);
  });

  test('takes no abnormal images, whoever calls them so, and none that are not there', async () => {
    const faulty = async (imageIds: readonly string[]) => revise({ datasetId, imageIds });
    const unknown = unknownId();
    expect(await faulty([idOf('normal.bmp'), idOf('abnormal.bmp'), unknown])).toMatchObject({
      status: 400,
      problem: 'validation-failed',
      json: {
        errors: [{ pointer: '/imageIds/1' }, { pointer: '/imageIds/2', detail: expect.stringContaining(unknown) }],
      },
    });
    await judge('abnormal.bmp', 'normal');
    await judge('normal.bmp', 'abnormal');
    expect((await faulty([idOf('abnormal.bmp')])).status).toBe(202);
    expect((await faulty([idOf('normal.bmp')])).problem).toBe('validation-failed');
    expect((await service.get(`/v1/models/${modelId}`)).json.verdicts).toEqual({
      confirmed: { normal: 0, abnormal: 0 },
      contradicted: { normal: 0, abnormal: 0 },
      undecided: { normal: 1, abnormal: 1 },
    });
  });

  test('is refused for a model without a memory', async () => {
    const { json } = await service.post('/v1/adaptations', { json: { datasetId, shots: 1 } });
    const job = await service.ended(json.id);
    const of = job.kind === 'adaptation' ? job.result!.modelId : '';
    expect(await revise({ datasetId }, { of })).toMatchObject({ status: 409, problem: 'model-without-memory' });
  });
});
