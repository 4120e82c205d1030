import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type JobOf, reportFileName } from '@mediclip/contracts';
import { imageMetrics } from '@mediclip/evaluation';
import { TestService } from '../../testing/test-service.js';

let service: TestService;

beforeEach(async () => {
  service = await TestService.start();
});

afterEach(() => service.stop());

async function evaluate(counts: { normal?: number; abnormal?: number }, alter = async (_datasetId: string) => {}) {
  const worker = await service.startWorker();
  const modelId = await service.model(worker);
  const datasetId = await service.dataset({ train: 1, ...counts });
  await alter(datasetId);
  const request = { modelId, datasetId };
  const job = await service.ended(await service.submit(worker.jobQueue, { kind: 'evaluation', request }));
  return { worker, request, job: job as JobOf<'evaluation'> };
}

describe('an evaluation', () => {
  test('has the figures of the scores, of the masks, and a report', async () => {
    const { worker, request, job } = await evaluate({ normal: 6, abnormal: 6 }, async (datasetId) => {
      await service.addDamagedImage(datasetId);
    });
    expect(job.error).toBeUndefined();
    const evaluation = await service.tenant.evaluations.get(job.result!.evaluationId);
    expect(evaluation.images).toEqual({ normal: 6, abnormal: 6, masks: 6, rejected: 1 });

    const scoring = await service.ended(
      await service.submit(worker.jobQueue, { kind: 'scoring', request: { ...request, split: 'test' } }),
    );
    const scored = (await service.tenant.results.list(scoring.id, { limit: 100 })).items.flatMap((result) =>
      result.outcome === 'scored' ? [result] : [],
    );
    const expected = imageMetrics(
      scored.map(({ score }) => score),
      scored.map(({ label }) => label === 'abnormal'),
    );
    expect(evaluation.image.auroc).toMatchObject({ value: expected.auroc.defined && expected.auroc.value });
    expect(evaluation.image.f1Max).toMatchObject({ threshold: expect.any(Number), interval: { level: 0.95 } });
    expect(evaluation.pixel.auroc).toMatchObject({ value: expect.any(Number) });
    expect(evaluation.pixel.aupro30).toMatchObject({ value: expect.any(Number) });

    const { stream } = await service.tenant.evaluations.openFile(evaluation.id, reportFileName);
    const html = await text(stream);
    expect(html).toContain('Evaluation of');
    expect(html.match(/data:image\/png;base64,/g)!.length).toBe(12 * 2 + 6);
  });

  test('says why figures are missing when all images are normal', async () => {
    const { job } = await evaluate({ normal: 3 });
    const evaluation = await service.tenant.evaluations.get(job.result!.evaluationId);
    expect(evaluation.image.auroc).toMatchObject({ value: null, reason: expect.stringContaining('abnormal') });
    expect(evaluation.pixel.diceBest).toEqual({ value: null, reason: 'No abnormal image has a mask.' });
  });

  test('needs test images', async () => {
    const { job } = await evaluate({});
    expect(job).toMatchObject({ state: 'failed', error: { type: '/problems/too-few-images', available: 0 } });
  });
});
