import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { RecordNotFound } from '@mediclip/store';
import { temporaryFolder } from '@mediclip/testing';
import { TestService, type TestWorker } from '../testing/test-service.js';
import { ModelCache } from './model-cache.js';

let service: TestService;
let worker: TestWorker;

beforeEach(async () => {
  service = await TestService.start();
  worker = await service.startWorker();
});

afterEach(() => service.stop());

async function threeModels(): Promise<string[]> {
  const models: string[] = [];
  for (const seed of [1, 2, 3]) {
    const job = await service.ended(
      await service.adapt(worker.jobQueue, await service.dataset({ train: 3 }), { seed }),
    );
    models.push(job.kind === 'adaptation' ? job.result!.modelId : '');
  }
  return models;
}

describe('the cache of models', () => {
  test('keeps the models used last, and those in use whatever their number', async () => {
    const folder = temporaryFolder();
    const { engine } = worker;
    const open = (most: number) => ModelCache.open({ folder, engine, most });
    const cache = await open(2);
    const [one, two, three] = (await threeModels()) as [string, string, string];
    const use = (id: string) =>
      cache.use(service.tenant, id, async ({ model, detector, side }) => {
        expect(await readdir(detector.folder)).toEqual(['detector.json', 'detector.safetensors']);
        expect(side).toBe(224);
        return model.digest;
      });
    await cache.use(service.tenant, one, async ({ detector }) => {
      await use(two);
      await use(three);
      expect(await readdir(detector.folder)).toContain('detector.json');
    });
    const [oneDigest, twoDigest] = [await use(one), await use(two)];
    expect((await readdir(folder)).filter((name) => !name.startsWith('.')).sort()).toEqual(
      [oneDigest, twoDigest].sort(),
    );

    await open(1);
    expect((await readdir(folder)).filter((name) => !name.startsWith('.'))).toHaveLength(1);
    expect(engine.forgotten).toHaveLength(3);
  });

  test('does not know a model that was deleted, though its files are there', async () => {
    const cache = await ModelCache.open({ folder: temporaryFolder(), engine: worker.engine });
    const id = await service.model(worker);
    await cache.use(service.tenant, id, async () => undefined);
    await service.tenant.models.delete(id);
    await expect(cache.use(service.tenant, id, async () => undefined)).rejects.toThrow(RecordNotFound);
  });
});
