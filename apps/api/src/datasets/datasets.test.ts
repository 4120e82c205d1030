import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { closeSharedPool, TestService, unknownId } from '../testing/test-service.js';

let service: TestService;
beforeAll(async () => {
  service = await TestService.start();
});
afterAll(async () => {
  await service.stop();
  await closeSharedPool();
});

describe('data sets', () => {
  test('are made, read, listed newest first and deleted', async () => {
    const made = await service.post('/v1/datasets', { json: { name: 'Brain MRI', modality: 'MR' } });
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe(`/v1/datasets/${made.json.id}`);
    expect((await service.get(made.headers.get('location')!)).json).toEqual(made.json);
    const second = await service.post('/v1/datasets', { json: { name: 'Breast' } });
    const { json } = await service.get('/v1/datasets?limit=2');
    expect(json.items.map(({ id }: { id: string }) => id)).toEqual([second.json.id, made.json.id]);
    expect((await service.delete(`/v1/datasets/${made.json.id}`)).status).toBe(204);
    expect((await service.get(`/v1/datasets/${made.json.id}`)).problem).toBe('not-found');
    expect((await service.delete(`/v1/datasets/${made.json.id}`)).problem).toBe('not-found');
  });

  test('a body with faults is refused with every one of them', async () => {
    const { status, json } = await service.post('/v1/datasets', { json: { name: '', colour: 'blue', modality: 3 } });
    expect(status).toBe(400);
    expect(new Set(json.errors.map(({ pointer }: { pointer: string }) => pointer))).toEqual(
      new Set(['/colour', '/modality', '/name']),
    );
  });

  test.each([
    ['a list of bytes', { body: '{"name"', headers: { 'content-type': 'application/json' } }, 'malformed-json'],
    ['nothing', { body: '', headers: { 'content-type': 'application/json' } }, 'validation-failed'],
    ['text', { body: 'name', headers: { 'content-type': 'text/plain' } }, 'unsupported-media-type'],
    [
      'compressed JSON',
      { body: '{}', headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } },
      'unsupported-media-type',
    ],
    ['no type', { body: new Uint8Array([1]) }, 'unsupported-media-type'],
    ['too much', { json: { name: 'x'.repeat(1_100_000) } }, 'payload-too-large'],
    [
      'a prototype',
      { body: '{"__proto__":{"a":1}}', headers: { 'content-type': 'application/json' } },
      'malformed-json',
    ],
  ])('a body of %s is refused', async (_, request, problem) => {
    expect((await service.post('/v1/datasets', request as never)).problem).toBe(problem);
  });

  test('a change under a condition is not made as if there were none', async () => {
    const place = (await service.post('/v1/datasets', { json: { name: 'a' } })).headers.get('location')!;
    for (const headers of [{ 'if-match': '"old"' }, { 'if-unmodified-since': 'Sat, 28 Nov 2026 22:00:00 GMT' }]) {
      const refused = await service.send('DELETE', place, { headers });
      expect([refused.problem, refused.json.errors[0].in]).toEqual(['validation-failed', 'header']);
    }
    expect((await service.get(place)).status).toBe(200);
    expect((await service.send('DELETE', place, { headers: { 'if-match': '*' } })).status).toBe(204);
  });

  test('queries are validated like bodies', async () => {
    expect((await service.get('/v1/datasets?limit=0')).json.errors).toMatchObject([{ in: 'query', pointer: '/limit' }]);
    expect((await service.get('/v1/datasets?page=2')).json.errors).toMatchObject([{ in: 'query', pointer: '/page' }]);
    expect((await service.get('/v1/datasets?cursor=nonsense')).json.errors).toMatchObject([{ pointer: '/cursor' }]);
    expect((await service.get('/v1/datasets/nonsense')).json.errors).toMatchObject([{ in: 'path', pointer: '/id' }]);
  });

  test('a data set that jobs use is kept, and the jobs are named', async () => {
    const dataset = await service.dataset(2);
    let release: () => void = () => undefined;
    service.worker!.hold = new Promise<void>((resolve) => {
      release = resolve;
    });
    const job = await service.post('/v1/adaptations', { json: { datasetId: dataset.id, shots: 2 } });
    const { json: images } = await service.get(`/v1/datasets/${dataset.id}/images`);
    for (const target of [`/v1/datasets/${dataset.id}`, `/v1/datasets/${dataset.id}/images/${images.items[0].id}`]) {
      const refused = await service.delete(target);
      expect(refused).toMatchObject({ status: 409, problem: 'data-set-in-use', json: { jobIds: [job.json.id] } });
    }
    release();
    service.worker!.hold = undefined;
    await service.ended(job.json.id);
    expect((await service.delete(`/v1/datasets/${dataset.id}`)).status).toBe(204);
  });

  test('nothing has an id that nobody made', async () => {
    expect((await service.get(`/v1/datasets/${unknownId()}`)).problem).toBe('not-found');
  });
});
