import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { JobOf } from '@mediclip/contracts';
import { TestService } from '../../testing/test-service.js';

let service: TestService;

beforeEach(async () => {
  service = await TestService.start();
});

afterEach(() => service.stop());

async function audited({ jobQueue }: Awaited<ReturnType<TestService['startWorker']>>, datasetId: string) {
  const id = await service.submit(jobQueue, { kind: 'audit', request: { datasetId } });
  const job = (await service.ended(id)) as JobOf<'audit'>;
  expect(job.error).toBeUndefined();
  return service.tenant.audits.get(job.result!.auditId);
}

describe('an audit', () => {
  test('names normal training images that do not belong, each picture once, and says if more would help', async () => {
    const worker = await service.startWorker();
    const datasetId = await service.dataset({ train: 5, normal: 1 });
    await service.addPixelCopy(datasetId, 0, 'train', 'normal');
    worker.engine.normalsFound = { outliers: [{ index: 1, kind: 'inverted' }], isMixed: false, gainOfMore: 0.02 };
    const { warnings, normals } = await audited(worker, datasetId);
    expect(worker.engine.inspected).toEqual([5]);
    expect(normals).toMatchObject({
      available: 6,
      inspected: 5,
      outliers: [{ split: 'train', label: 'normal', kind: 'inverted' }],
      isMixed: false,
      gainOfMore: 0.02,
      advice: expect.stringContaining('More normal images will hardly help'),
    });
    expect(warnings).toContainEqual({
      kind: 'inverted',
      sentence: expect.stringContaining('1 of 5 normal training images looks like a negative'),
    });
    expect(await readdir(worker.workFolder)).toEqual([]);
  });

  test('of too few normal images asks no engine, and says so', async () => {
    const worker = await service.startWorker();
    const { normals, warnings } = await audited(worker, await service.dataset({ train: 3 }));
    expect(worker.engine.inspected).toEqual([]);
    expect(normals).toMatchObject({ available: 3, inspected: 0, outliers: [] });
    expect(normals?.advice).toContain('3 distinct normal training images');
    expect(warnings).toEqual([]);
  });
});
