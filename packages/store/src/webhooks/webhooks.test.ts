import { describe, expect, test } from '@jest/globals';
import { newAdaptation, newModel, testStore } from '../testing/test-store.js';

const day = 86_400_000;
const url = 'https://hooks.example.org/';

const deliveriesOf = async ({ tenant }: ReturnType<typeof testStore>, id: string) =>
  (await tenant.webhooks.deliveries(id, { limit: 50 })).items;

describe('events for webhooks', () => {
  test('are the ends of jobs and the moves of aliases, for those who ask for them and were there', async () => {
    const service = testStore();
    const { tenant } = service;
    const { model: before } = await newModel(tenant);
    const jobs = await tenant.webhooks.create({ url, events: ['job.succeeded', 'job.failed'] });
    const aliases = await tenant.webhooks.create({ url, events: ['alias.changed'] });
    service.advance(1);
    const { model, job } = await newModel(tenant);
    const failing = await newAdaptation(tenant);
    const problem = { type: '/problems/internal', title: '', status: 500, detail: '' };
    await tenant.jobs.giveUp(failing.job.id, problem);
    const cancelled = await newAdaptation(tenant);
    await tenant.jobs.requestCancel(cancelled.job.id);
    await tenant.aliases.set('production', { modelId: before.id }, undefined);
    service.advance(1);
    await tenant.aliases.set('production', { modelId: model.id }, undefined);
    await tenant.aliases.set('production', { modelId: model.id }, undefined);
    service.advance(1);
    await tenant.aliases.delete('production');
    expect((await deliveriesOf(service, jobs.id)).map(({ event, data }) => [event, data])).toEqual([
      ['job.failed', { jobId: failing.job.id, kind: 'adaptation' }],
      ['job.succeeded', { jobId: job.id, kind: 'adaptation' }],
    ]);
    expect((await deliveriesOf(service, aliases.id)).map(({ data }) => data)).toEqual(
      [null, model.id, before.id].map((modelId) => ({ alias: 'production', modelId })),
    );
  });

  test('outlive a process that dies between what happened and telling of it', async () => {
    const service = testStore();
    const { tenant, store, objects } = service;
    const { model } = await newModel(tenant);
    const { id } = await tenant.webhooks.create({ url, events: ['job.failed', 'alias.changed'] });
    service.advance(1);
    const { job } = await newAdaptation(tenant);
    const put = objects.put.bind(objects);
    objects.put = async (key, ...rest) => {
      if (key.includes('pending-deliveries')) throw new Error('killed');
      return put(key, ...rest);
    };
    const problem = { type: '/problems/internal', title: '', status: 500, detail: '' };
    await expect(tenant.jobs.giveUp(job.id, problem)).rejects.toThrow('killed');
    await expect(tenant.aliases.set('production', { modelId: model.id }, undefined)).rejects.toThrow('killed');
    objects.put = put;
    expect(await deliveriesOf(service, id)).toEqual([]);
    for (let sweep = 0; sweep < 2; sweep++) await store.sweep();
    expect((await deliveriesOf(service, id)).map(({ event }) => event).sort()).toEqual(['alias.changed', 'job.failed']);
    const pending: string[] = [];
    for await (const delivery of tenant.webhooks.pending()) pending.push(delivery);
    expect(pending).toHaveLength(2);
  });

  test('are forgotten thirty days after they were delivered', async () => {
    const service = testStore();
    const { tenant, store } = service;
    const { id } = await tenant.webhooks.create({ url, events: ['drift.detected'] });
    const announced = { event: 'drift.detected' as const, key: 'x', once: true as const, data: { modelId: id } };
    await tenant.webhooks.announce({ ...announced, at: new Date(Date.now() + 1000).toISOString() });
    const [delivery] = await deliveriesOf(service, id);
    service.advance(31 * day);
    await store.sweep();
    expect(await deliveriesOf(service, id)).toHaveLength(1);
    const attempt = { at: delivery!.at, durationMs: 1, status: 200 };
    await tenant.webhooks.attempted(delivery!, attempt, { arrived: true });
    await store.sweep();
    expect(await deliveriesOf(service, id)).toEqual([]);
  });

  test('leave nothing when their webhook is deleted while a try of them is written down', async () => {
    const service = testStore();
    const { tenant, objects } = service;
    const { id } = await tenant.webhooks.create({ url, events: ['drift.detected'] });
    const announced = { event: 'drift.detected' as const, key: 'x', once: true as const, data: { modelId: id } };
    await tenant.webhooks.announce({ ...announced, at: new Date(Date.now() + 1000).toISOString() });
    const [delivery] = await deliveriesOf(service, id);
    const put = objects.put.bind(objects);
    objects.put = async (key, bytes, { ifMatch: _, ...condition } = {}) => {
      objects.put = put;
      await tenant.webhooks.delete(id);
      return put(key, bytes, condition);
    };
    const attempt = { at: delivery!.at, durationMs: 1, status: 503 };
    await tenant.webhooks.attempted(delivery!, attempt, { arrived: false, retryAfterMs: 5000 });
    expect(await objects.list('tenants/', { limit: 10 })).toEqual([]);
  });

  test('go to at most twenty webhooks of a tenant', async () => {
    const { tenant } = testStore();
    for (let i = 0; i < 20; i++) await tenant.webhooks.create({ url, events: ['job.failed'] });
    await expect(tenant.webhooks.create({ url, events: ['job.failed'] })).rejects.toThrow('20 webhooks');
  });
});
