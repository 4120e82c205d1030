import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ProblemError } from '@mediclip/contracts';
import type { StoredUsage } from '@mediclip/store';
import { bitmap } from '../testing/bitmaps.js';
import { closeSharedPool, type FormEntry, formOf, TestService } from '../testing/test-service.js';
import { TenantUsage } from './tenant-usage.js';

describe('over HTTP', () => {
  let service: TestService;
  beforeAll(async () => {
    const tenants = { jobs: 3, bytes: 2 ** 20, datasets: 3, images: 6 };
    service = await TestService.start({ settings: { tenants }, worker: false });
  });
  afterAll(async () => {
    await service.stop();
    await closeSharedPool();
  });

  /** The use once it is counted as wanted: a count serves for a moment. */
  async function usageWhen(wanted: Record<string, unknown>): Promise<void> {
    for (;;) {
      const { json } = await service.get('/v1/usage');
      try {
        expect(json).toMatchObject(wanted);
        return;
      } catch (error) {
        if (Date.parse(json.countedAt) > begun + 10_000) throw error;
      }
    }
  }
  const begun = Date.now();
  const upload = (id: string, files: number, side = 16) => {
    const form = formOf([
      ['split', 'train'],
      ['label', 'normal'],
      ...Array.from({ length: files }, (_, i): FormEntry => ['file', bitmap(side, 12, i), `${i}.bmp`]),
    ]);
    return service.post(`/v1/datasets/${id}/images`, { form });
  };

  test('a tenant learns what it uses, and is refused what passes its limits, of which nothing stays', async () => {
    const { id } = await service.dataset(2);
    await service.post('/v1/adaptations', { json: { datasetId: id, shots: 2 } });
    await usageWhen({
      storedBytes: { used: (await service.tenant.usage.count()).bytes, limit: 2 ** 20 },
      jobs: { waiting: 1, running: 0, limit: 3 },
      datasets: { used: 1, limit: 3 },
      images: { used: 4, limit: 6 },
      models: { used: 0 },
    });
    const kept = await service.keys();
    expect(await upload(id, 3)).toMatchObject({ status: 507, problem: 'quota-exceeded', json: { limit: 6 } });
    expect(await upload(id, 1, 40_000)).toMatchObject({
      status: 507,
      problem: 'quota-exceeded',
      json: { limit: 2 ** 20 },
    });
    expect(await service.keys()).toEqual(kept);

    expect((await upload(id, 2)).status).toBe(200);
    expect(await upload(id, 1)).toMatchObject({ status: 507, problem: 'quota-exceeded' });
    const [{ id: imageId }] = (await service.get(`/v1/datasets/${id}/images`)).json.items;
    const jobs = (await service.get('/v1/jobs')).json.items;
    for (const job of jobs) await service.post(`/v1/jobs/${job.id}/cancel`);
    await service.delete(`/v1/datasets/${id}/images/${imageId}`);
    await usageWhen({ images: { used: 5 }, jobs: { waiting: 0 } });
    expect((await upload(id, 1)).status).toBe(200);

    for (const name of ['b', 'c']) await service.post('/v1/datasets', { json: { name } });
    expect(await service.post('/v1/datasets', { json: { name: 'd' } })).toMatchObject({
      status: 507,
      problem: 'quota-exceeded',
      json: { limit: 3 },
    });
  });
});

describe('what a process knows of a tenant', () => {
  const limits = { bytes: 1000, datasets: 10, images: 100 };
  const storeOf = (stored: { current: StoredUsage }) => {
    const counts = { begun: 0 };
    const count = async () => {
      counts.begun++;
      return stored.current;
    };
    return { counts, store: { tenant: 'a', usage: { count } } as never };
  };

  test('is counted once for all who ask at a time, and adds up what was taken in since', async () => {
    const { counts, store } = storeOf({ current: { bytes: 500, datasets: 1, images: 10, models: 0 } });
    const usage = new TenantUsage(limits, () => 0);
    const rooms = await Promise.all([1, 2, 3].map(() => usage.assertRoom(store, { images: 90 })));
    expect(rooms).toEqual(Array.from({ length: 3 }, () => ({ bytes: 500, datasets: 9, images: 90 })));
    usage.added({ tenant: 'a' }, { bytes: 300, images: 50 });
    expect(await usage.assertRoom(store, {})).toEqual({ bytes: 200, datasets: 9, images: 40 });
    expect(counts.begun).toBe(1);
  });

  test('is counted anew before it is refused on an old count', async () => {
    let now = 0;
    const stored = { current: { bytes: 1000, datasets: 1, images: 10, models: 0 } };
    const { store } = storeOf(stored);
    const usage = new TenantUsage(limits, () => now);
    await expect(usage.assertRoom(store, { bytes: 1 })).rejects.toThrow(ProblemError);
    stored.current = { ...stored.current, bytes: 900 };
    now = 1;
    expect(await usage.assertRoom(store, { bytes: 1 })).toMatchObject({ bytes: 100 });
  });
});
