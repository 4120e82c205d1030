import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { closeSharedPool, TestService, unknownId } from '../testing/test-service.js';

let service: TestService;
beforeAll(async () => {
  service = await TestService.start({ worker: false });
});
afterAll(async () => {
  await service.stop();
  await closeSharedPool();
});

const url = 'https://hooks.example.org/mediclip';
const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;

describe('webhooks', () => {
  test('are made, shown without their secret, given a new one, and deleted', async () => {
    const made = await service.post('/v1/webhooks', { json: { url, events: ['job.succeeded'] } });
    expect(made.status).toBe(201);
    expect(made.json.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const place = made.headers.get('location')!;
    const { secret: _, ...shown } = made.json;
    expect((await service.get(place)).json).toEqual(shown);
    expect((await service.get('/v1/webhooks')).json.items).toEqual([shown]);
    const rotated = await service.post(`${place}/secret`, { json: { secret } });
    expect(rotated.json).toMatchObject({ id: shown.id, secret, oldSecretUntil: expect.any(String) });
    expect((await service.delete(place)).status).toBe(204);
    expect((await service.get(place)).problem).toBe('not-found');
  });

  test('show their deliveries, and send one again', async () => {
    const made = await service.post('/v1/webhooks', { json: { url, events: ['drift.detected'], secret } });
    expect(made.json.secret).toBe(secret);
    const place = made.headers.get('location')!;
    const modelId = unknownId();
    const at = new Date(Date.now() + 1000).toISOString();
    await service.tenant.webhooks.announce({ event: 'drift.detected', at, key: 'x', data: { modelId } });
    const [delivery] = (await service.get(`${place}/deliveries`)).json.items;
    expect(delivery).toMatchObject({ event: 'drift.detected', data: { modelId }, state: 'pending', attempts: [] });
    const again = await service.post(`${place}/deliveries/${delivery.id}/redeliver`);
    expect(again).toMatchObject({ status: 202, json: { id: delivery.id, state: 'pending' } });
    expect(await service.jobQueue.depth()).toMatchObject({ webhook: 1 });
    const unknown = await service.post(`${place}/deliveries/${unknownId()}/redeliver`);
    expect(unknown.problem).toBe('not-found');
  });

  test.each([
    ['another protocol', { url: 'ftp://hooks.example.org/' }],
    ['a password in the URL', { url: 'https://user:word@hooks.example.org/' }],
    ['no events', { events: [] }],
    ['an event twice', { events: ['job.failed', 'job.failed'] }],
    ['an event that there is not', { events: ['job.started'] }],
    ['a secret that is too short', { secret: `whsec_${Buffer.alloc(8).toString('base64')}` }],
  ])('are refused with %s', async (_, fields) => {
    const answer = await service.post('/v1/webhooks', { json: { url, events: ['job.failed'], ...fields } });
    expect(answer.problem).toBe('validation-failed');
  });
});
