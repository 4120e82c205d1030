import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { conformalThreshold } from '@mediclip/evaluation';
import { bitmap } from '../testing/bitmaps.js';
import { calibrationOf } from '../testing/fake-worker.js';
import { closeSharedPool, formOf, TestService } from '../testing/test-service.js';

let service: TestService;
let modelId: string;
let datasetId: string;
const scores = Array.from({ length: 40 }, (_, i) => (i + 1) / 50);
const mapPeaks = scores.map((score) => score / 2);
beforeAll(async () => {
  service = await TestService.start();
  const { modelId: id, dataset } = await service.model();
  [modelId, datasetId] = [id, dataset.id];
});
afterAll(async () => {
  await service.stop();
  await closeSharedPool();
});

const put = (json: unknown) => service.send('PUT', `/v1/models/${modelId}/threshold`, { json });

/** Gives the model a calibration, as a worker does. */
async function calibrate(): Promise<void> {
  const { jobs, attempts, models } = service.tenant;
  const { job } = await jobs.create({ kind: 'calibration', request: { modelId, datasetId, alpha: 0.1 } });
  const { attempt } = await attempts.start(job.id);
  await models.calibrate(attempt, modelId, { ...calibrationOf(job.id, datasetId, 0.72, scores), mapPeaks });
  await attempts.end(attempt, { state: 'succeeded', result: { modelId, threshold: 0.72, images: 40 } });
}

/** What the model says about an image that is as bright as this, 0 to 255. */
async function answer(brightness: number) {
  const image = Buffer.from(bitmap(16, 12, 0)).fill(brightness, 54);
  const { json } = await service.post(`/v1/models/${modelId}/score`, { form: formOf([['file', image, 'a.bmp']]) });
  return json.results[0];
}

describe('the threshold of a model', () => {
  test('by hand decides without a calibration, and is marked wherever it counts', async () => {
    expect(await put({ alpha: 0.1 })).toMatchObject({ status: 409, problem: 'model-not-calibrated' });
    expect((await put({ threshold: 0.4 })).json.manualThreshold).toMatchObject({ threshold: 0.4 });
    const said = await answer(255);
    expect(said).toMatchObject({ decision: 'abnormal', thresholdSource: 'manual' });
    expect(said.pValue).toBeUndefined();
  });

  test('at another alpha is at once what a new calibration on the same images would give', async () => {
    await calibrate();
    expect((await service.get(`/v1/models/${modelId}`)).json.manualThreshold).toBeUndefined();
    for (const alpha of [0.05, 0.2, 0.5]) {
      const { status, json } = await put({ alpha });
      expect(status).toBe(200);
      expect(json.calibration).toMatchObject({
        alpha,
        threshold: (conformalThreshold(scores, alpha) as { value: number }).value,
        mapThreshold: (conformalThreshold(mapPeaks, alpha) as { value: number }).value,
        images: 40,
      });
    }
    const refused = await put({ alpha: 0.01 });
    expect(refused).toMatchObject({ status: 422, problem: 'too-few-images', json: { needed: 99, available: 40 } });
  });

  test('by hand goes before the calibrated one until it is deleted', async () => {
    await calibrate();
    const calibrated = await answer(255);
    expect(calibrated).toMatchObject({ thresholdSource: 'calibrated' });
    await put({ threshold: 1 });
    expect(await answer(255)).toMatchObject({
      decision: 'normal',
      thresholdSource: 'manual',
      pValue: calibrated.pValue,
    });
    expect((await service.delete(`/v1/models/${modelId}/threshold`)).status).toBe(204);
    expect(await answer(255)).toMatchObject({ decision: calibrated.decision, thresholdSource: 'calibrated' });
    await put({ threshold: 1 });
    await put({ alpha: 0.1 });
    expect(await answer(255)).toMatchObject({ thresholdSource: 'calibrated' });
  });

  test.each([{}, { alpha: 0.1, threshold: 0.5 }, { alpha: 0 }, { alpha: 1 }, { threshold: 2 }])(
    '%j is refused',
    async (json) => {
      expect(await put(json)).toMatchObject({ status: 400, problem: 'validation-failed' });
    },
  );
});

describe('the residency of a model', () => {
  test('is bounded for a tenant, told by the model, and taken away', async () => {
    const pin = (id: string, pinned: boolean) =>
      service.send('PUT', `/v1/models/${id}/residency`, { json: { pinned } });
    const others = await Promise.all(Array.from({ length: 8 }, async () => (await service.model()).modelId));
    for (const id of others) expect(await pin(id, true)).toMatchObject({ status: 200, json: { pinned: true } });
    expect(await pin(modelId, true)).toMatchObject({
      status: 409,
      problem: 'too-many-pinned-models',
      json: { limit: 8 },
    });
    expect((await pin(others[0]!, true)).status).toBe(200);
    await service.delete(`/v1/models/${others[0]}`);
    expect((await pin(modelId, true)).json.pinned).toBe(true);
    expect((await service.get(`/v1/models/${modelId}`)).json.pinned).toBe(true);
    expect((await pin(modelId, false)).json.pinned).toBeUndefined();
    expect((await service.get(`/v1/models/${modelId}`)).json.pinned).toBeUndefined();
  });
});
