import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bitmap } from '../testing/bitmaps.js';
import { calibrationOf } from '../testing/fake-worker.js';
import { closeSharedPool, formOf, TestService } from '../testing/test-service.js';

let service: TestService;
let modelId: string;
let datasetId: string;
beforeAll(async () => {
  service = await TestService.start();
  const { modelId: id, dataset } = await service.model();
  [modelId, datasetId] = [id, dataset.id];
});
afterAll(async () => {
  await service.stop();
  await closeSharedPool();
});

const drift = async (query = '') => (await service.get(`/v1/models/${modelId}/drift${query}`)).json;

async function score(images: number, by = service): Promise<void> {
  const white = Buffer.from(bitmap(16, 12, 0)).fill(255, 54);
  const form = formOf(Array.from({ length: images }, (_, i) => ['file', white, `${i}.bmp`] as const));
  expect((await by.post(`/v1/models/${modelId}/score`, { form })).status).toBe(200);
}

async function calibrate(): Promise<void> {
  const { jobs, attempts, models } = service.tenant;
  const { job } = await jobs.create({ kind: 'calibration', request: { modelId, datasetId, alpha: 0.1 } });
  const { attempt } = await attempts.start(job.id);
  const scores = Array.from({ length: 50 }, (_, i) => 0.1 + i / 1000);
  await models.calibrate(attempt, modelId, calibrationOf(job.id, datasetId, 0.2, scores));
  await attempts.end(attempt, { state: 'succeeded', result: { modelId, threshold: 0.2, images: 50 } });
}

describe('the drift of a model', () => {
  test('needs a calibration', async () => {
    expect(await service.get(`/v1/models/${modelId}/drift`)).toMatchObject({
      status: 409,
      problem: 'model-not-calibrated',
    });
  });

  test('counts the scores that were given at once, and alarms when all of them are unlike the calibration', async () => {
    const webhook = { url: 'https://hooks.example.org/', events: ['drift.detected'] };
    const { id: webhookId } = (await service.post('/v1/webhooks', { json: webhook })).json;
    await calibrate();
    expect(await drift()).toMatchObject({ observations: 0, verdict: 'no-change-seen', window: { images: 0 } });
    await score(4);
    expect(await drift()).toMatchObject({
      observations: 4,
      verdict: 'no-change-seen',
      abnormal: { images: 4, share: 1, alpha: 0.1 },
    });
    for (let i = 0; i < 4; i++) await score(8);
    const changed = await drift('?window=10');
    expect(changed).toMatchObject({ observations: 36, verdict: 'changed', window: { images: 10 } });
    const { items } = (await service.get(`/v1/webhooks/${webhookId}/deliveries`)).json;
    expect(items).toMatchObject([{ event: 'drift.detected', data: { modelId } }]);
    expect(changed.pValues.counts[0]).toBe(10);
    expect(changed.martingale.highest).toBeGreaterThanOrEqual(100);
    const { text } = await service.get('/metrics');
    expect(text).toMatch(new RegExp(`mediclip_drift_martingale\\{model="${modelId}"\\} \\d`));
  });

  test('is one for all processes and outlives them, is kept with the model and goes with it; a new calibration begins anew', async () => {
    const other = await TestService.start({ folder: service.folder });
    await Promise.all([service, other].map((process) => score(2, process)));
    await other.stop();
    expect(await drift()).toMatchObject({ observations: 40, verdict: 'changed' });
    expect((await service.tenant.drift.get(modelId))!.ring).toHaveLength(40);
    await calibrate();
    expect(await drift()).toMatchObject({ observations: 0, verdict: 'no-change-seen' });
    await service.delete(`/v1/models/${modelId}`);
    expect((await service.keys()).filter((key) => key.includes(`/models/${modelId}/`))).toEqual([]);
  });
});
