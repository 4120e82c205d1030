import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import { TestService, type TestWorker } from '../testing/test-service.js';
import { ModelCache } from './model-cache.js';
import { Residency } from './residency.js';

let service: TestService;
let worker: TestWorker;

beforeEach(async () => {
  service = await TestService.start();
  worker = await service.startWorker();
});

afterEach(() => service.stop());

describe('a pinned model', () => {
  test('is warm before anybody asks for it, is not given up for others, and is let go when it is not pinned any more', async () => {
    const [pinned, other] = [await service.model(worker, { seed: 1 }), await service.model(worker, { seed: 2 })];
    const folder = temporaryFolder();
    const { engine } = worker;
    const models = await ModelCache.open({ folder, engine, most: 1 });
    const warm: string[] = [];
    const warnings: unknown[] = [];
    const residency = new Residency({
      store: service.store,
      models,
      engine,
      logger: { warn: (...said: unknown[]) => void warnings.push(said) },
      onWarm: (backbone) => warm.push(backbone),
    });
    const cached = async () => (await readdir(folder)).filter((name) => !name.startsWith('.'));
    const use = (id: string) => models.use(service.tenant, id, async ({ model }) => model.digest);
    await service.tenant.pinnedModels.set(pinned, true);
    await residency.look();
    expect([warm, worker.engine.scoredBy]).toEqual([['lite'], ['pinned']]);
    const digest = await use(pinned);
    await use(other);
    await use(other);
    expect(await cached()).toContain(digest);

    await service.tenant.pinnedModels.set(pinned, false);
    await residency.look();
    await use(other);
    expect(await cached()).not.toContain(digest);
    await residency.stop();
    expect(warnings).toEqual([]);
  });
});
