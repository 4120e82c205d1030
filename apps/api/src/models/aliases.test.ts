import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bitmap } from '../testing/bitmaps.js';
import { closeSharedPool, formOf, TestService } from '../testing/test-service.js';

let service: TestService;
let models: string[];
beforeAll(async () => {
  service = await TestService.start();
  models = [(await service.model()).modelId, (await service.model()).modelId];
});
afterAll(async () => {
  await service.stop();
  await closeSharedPool();
});

const put = (name: string, json: unknown) => service.send('PUT', `/v1/aliases/${name}`, { json });

describe('an alias', () => {
  test('stands for its model in every path of a model, and the answer names the model', async () => {
    expect(await put('production', { modelId: models[0] })).toMatchObject({
      status: 200,
      json: { modelId: models[0] },
    });
    const read = await service.get('/v1/models/@production');
    expect(read).toMatchObject({ status: 200, json: { id: models[0] } });
    expect(read.headers.get('mediclip-model-id')).toBe(models[0]);
    const form = () => formOf([['file', bitmap(16, 12, 1), 'a.bmp']]);
    const scored = await service.post('/v1/models/@production/score', { form: form() });
    expect(scored).toMatchObject({ status: 200, json: { modelId: models[0] } });
    const overlay = await service.post('/v1/models/@production/score', {
      form: form(),
      headers: { accept: 'image/png' },
    });
    expect(overlay.headers.get('mediclip-model-id')).toBe(models[0]);
    await put('production', { modelId: models[1] });
    expect((await service.get('/v1/models/@production')).json.id).toBe(models[1]);
    const back = await service.post('/v1/aliases/production/rollback');
    expect(back).toMatchObject({ status: 200, json: { modelId: models[0] } });
    expect(back.json.history).toHaveLength(3);
  });

  test('is told from ids, and unknown ones are not found', async () => {
    expect(await service.get('/v1/models/@nobody')).toMatchObject({ status: 404, problem: 'not-found' });
    expect(await service.get('/v1/models/production')).toMatchObject({ status: 400, problem: 'validation-failed' });
    expect(await put('No', { modelId: models[0] })).toMatchObject({ status: 400, problem: 'validation-failed' });
    expect(await put('x', {})).toMatchObject({ status: 400, problem: 'validation-failed' });
  });

  test('is moved by compare and set, and keeps its model from deletion', async () => {
    await put('canary', { modelId: models[0], ifModelId: null });
    expect(await put('canary', { modelId: models[1], ifModelId: models[1] })).toMatchObject({
      status: 409,
      problem: 'alias-moved',
    });
    const refused = await service.delete(`/v1/models/${models[0]}`);
    expect(refused).toMatchObject({ status: 409, problem: 'model-has-alias' });
    expect(refused.json.aliases).toContain('canary');
    expect((await service.post('/v1/aliases/canary/rollback')).problem).toBe('alias-without-history');
    expect((await service.get('/v1/aliases')).json.items.map(({ name }: { name: string }) => name)).toContain('canary');
    expect((await service.delete('/v1/aliases/canary')).status).toBe(204);
    expect((await service.get('/v1/aliases/canary')).problem).toBe('not-found');
  });
});
