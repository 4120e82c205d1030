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

/** Gives the model a threshold, as a worker does. */
async function calibrate(threshold: number, scores: readonly number[]): Promise<void> {
  const { jobs, attempts, models } = service.tenant;
  const request = { modelId, datasetId, alpha: 0.25 };
  const { job } = await jobs.create({ kind: 'calibration', request });
  const { attempt } = await attempts.start(job.id);
  await models.calibrate(attempt, modelId, calibrationOf(job.id, datasetId, threshold, scores));
  await attempts.end(attempt, { state: 'succeeded', result: { modelId, threshold, images: scores.length } });
}

describe('calibration', () => {
  test('is refused at once when the data set can never give a threshold for alpha', async () => {
    const answer = await service.post(`/v1/models/${modelId}/calibration`, { json: { datasetId, alpha: 0.05 } });
    expect(answer).toMatchObject({ status: 422, problem: 'too-few-images', json: { needed: 19, available: 3 } });
    expect(answer.json.detail).toContain('alpha = 0.05');
    const enough = await service.post(`/v1/models/${modelId}/calibration`, { json: { datasetId, alpha: 0.25 } });
    expect(enough.status).toBe(202);
  });

  test('lets a score say how rare it is among normal images, and decide', async () => {
    await calibrate(0.6, [0.2, 0.4, 0.6]);
    const white = Buffer.from(bitmap(16, 12, 0)).fill(255, 54);
    const black = Buffer.from(bitmap(16, 12, 0)).fill(0, 54);
    const form = formOf([
      ['file', white, 'white.bmp'],
      ['file', black, 'black.bmp'],
    ]);
    const { json } = await service.post(`/v1/models/${modelId}/score`, { form });
    expect(json.results).toMatchObject([
      { score: 0.75, decision: 'abnormal', pValue: 0.25 },
      { score: 0, decision: 'normal', pValue: 1 },
    ]);
    const { json: model } = await service.get(`/v1/models/${modelId}`);
    expect(model.calibration).toMatchObject({ datasetId, threshold: 0.6, images: 3, scores: [0.2, 0.4, 0.6] });
  });
});
