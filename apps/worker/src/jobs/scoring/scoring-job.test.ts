import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { readNpy } from '@mediclip/maps';
import { StoreUnavailable } from '@mediclip/store';
import { TestService } from '../../testing/test-service.js';

let service: TestService;

beforeEach(async () => {
  service = await TestService.start();
});

afterEach(() => service.stop());

async function results(jobId: string) {
  return (await service.tenant.results.list(jobId, { limit: 100 })).items;
}

describe('a scoring', () => {
  test('leaves a result and a raw map for every image of the split; a damaged one costs only itself', async () => {
    const worker = await service.startWorker();
    const modelId = await service.model(worker);
    const datasetId = await service.dataset({ train: 2, normal: 5, abnormal: 4 });
    const damaged = await service.addDamagedImage(datasetId);
    const job = await service.ended(
      await service.submit(worker.jobQueue, { kind: 'scoring', request: { modelId, datasetId, split: 'test' } }),
    );
    expect(job).toMatchObject({ state: 'succeeded', result: { scored: 9, rejected: 1 } });
    expect(job.progress).toMatchObject({ phase: 'scoring', done: 10, total: 10 });

    const found = await results(job.id);
    expect(found.map(({ outcome, label }) => `${outcome} ${label}`)).toEqual([
      ...Array(5).fill('scored normal'),
      ...Array(4).fill('scored abnormal'),
      'rejected normal',
    ]);
    expect(found.at(-1)).toMatchObject({
      imageId: damaged.id,
      error: { type: '/problems/image-unsupported-format' },
    });
    for (const result of found) {
      if (result.outcome !== 'scored') continue;
      const { shape, data } = readNpy(await service.tenant.results.map(job.id, result.imageId));
      expect(shape).toEqual([result.map.height, result.map.width]);
      expect(result.map.max).toBe(Math.max(...data));
      expect(result.map.min).toBe(Math.min(...data));
      expect(result.score).toBeCloseTo(data.reduce((sum, value) => sum + value, 0) / data.length, 6);
    }
  });

  test('flags by a false discovery rate what Benjamini and Hochberg flag by the p-values of all its images', async () => {
    const worker = await service.startWorker();
    const modelId = await service.model(worker);
    const datasetId = await service.dataset({ normal: 6, abnormal: 6 });
    const calibration = { kind: 'calibration', request: { modelId, datasetId, alpha: 0.2 } } as const;
    await service.ended(await service.submit(worker.jobQueue, calibration));
    const rate = 0.9;
    const request = { modelId, datasetId, falseDiscoveryRate: rate };
    const job = await service.ended(await service.submit(worker.jobQueue, { kind: 'scoring', request }));
    const pValues = (await results(job.id)).map((result) => (result.outcome === 'scored' ? result.pValue! : 1));
    const sorted = pValues.toSorted((a, b) => a - b);
    const largestPValue = sorted.findLast((p, i) => p <= ((i + 1) / sorted.length) * rate);
    expect(largestPValue).toBeDefined();
    const images = pValues.filter((p) => p <= largestPValue!).length;
    expect(job).toMatchObject({ state: 'succeeded', result: { scored: 12, flagged: { images, largestPValue } } });
  });

  test('goes on where its worker stopped, on the images that were there when it began', async () => {
    const first = await service.startWorker();
    const modelId = await service.model(first);
    const datasetId = await service.dataset({ normal: 14, abnormal: 6 });
    first.engine.holdAfterImages = 8;
    const jobId = await service.submit(first.jobQueue, { kind: 'scoring', request: { modelId, datasetId } });
    await service.when(jobId, ({ progress }) => progress?.done === 8);
    await service.upload(datasetId, { normal: 3 });
    await first.worker.stop(60_000);
    expect(await results(jobId)).toHaveLength(8);

    const second = await service.startWorker();
    expect(await service.ended(jobId)).toMatchObject({ attempt: 2, result: { scored: 20, rejected: 0 } });
    expect(second.engine.scoredBy).toEqual(Array(12).fill(jobId));
    expect(await results(jobId)).toHaveLength(20);
  });

  test('outlives a store that is away for a moment', async () => {
    const worker = await service.startWorker();
    const modelId = await service.model(worker);
    const datasetId = await service.dataset({ normal: 3 });
    const { objects } = service.store;
    const put = objects.put.bind(objects);
    let outages = 1;
    jest.spyOn(objects, 'put').mockImplementation((key, ...rest) => {
      if (key.includes('/maps/') && outages-- > 0) throw new StoreUnavailable('The store is away.');
      return put(key, ...rest);
    });
    const jobId = await service.submit(worker.jobQueue, { kind: 'scoring', request: { modelId, datasetId } });
    expect(await service.ended(jobId)).toMatchObject({ state: 'succeeded', attempt: 2, result: { scored: 3 } });
    expect(worker.queueErrors).toEqual([new StoreUnavailable('The store is away.')]);
  });

  test('waits while the whole store is away, without an attempt being counted', async () => {
    const worker = await service.startWorker();
    const modelId = await service.model(worker);
    const datasetId = await service.dataset({ normal: 3 });
    const { objects } = service.store;
    const put = objects.put.bind(objects);
    let isAway = false;
    const away = new StoreUnavailable('The store is away.');
    jest.spyOn(objects, 'put').mockImplementation((key, ...rest) => {
      isAway ||= key.includes('/maps/');
      return isAway ? Promise.reject(away) : put(key, ...rest);
    });
    const asked = new Promise<void>((resolve) => {
      jest.spyOn(objects, 'check').mockImplementation(() => {
        resolve();
        return Promise.reject(away);
      });
    });
    const jobId = await service.submit(worker.jobQueue, { kind: 'scoring', request: { modelId, datasetId } });
    await asked;
    jest.restoreAllMocks();
    expect(await service.ended(jobId)).toMatchObject({ state: 'succeeded', result: { scored: 3 } });
    expect(worker.queueErrors).toEqual([]);
  });

  test('that is cancelled keeps no result', async () => {
    const worker = await service.startWorker();
    const modelId = await service.model(worker);
    worker.engine.holdAfterImages = 8;
    const datasetId = await service.dataset({ normal: 12 });
    const jobId = await service.submit(worker.jobQueue, { kind: 'scoring', request: { modelId, datasetId } });
    await service.when(jobId, ({ progress }) => progress?.done === 8);
    await service.cancel(worker.jobQueue, jobId);
    expect((await service.ended(jobId)).state).toBe('cancelled');
    await worker.worker.stop(60_000);
    expect(await results(jobId)).toEqual([]);
  });
});
