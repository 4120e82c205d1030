import { utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { operationIds, routeOf } from '@mediclip/contracts';
import { relatedBody } from '@mediclip/multipart';
import { temporaryFolder } from '@mediclip/testing';
import { bitmap } from '../testing/bitmaps.js';
import { writeKeys } from '../testing/keys.js';
import { closeSharedPool, formOf, TestService } from '../testing/test-service.js';
import { ApiKeys } from './api-keys.js';
import { WrongKeys } from './wrong-keys.js';

describe('with an API keys file', () => {
  const mine = 'mine-1234567890';
  const theirs = 'theirs-1234567890';
  let service: TestService;
  /** One id of every kind that belongs to the other tenant. */
  let ids: Readonly<Record<string, string>>;
  beforeAll(async () => {
    const apiKeysFile = path.join(temporaryFolder(), 'keys.json');
    writeKeys(apiKeysFile, { [mine]: 'clinic-a', [theirs]: 'clinic-b' });
    service = await TestService.start({ settings: { apiKeysFile } });
    const { modelId, dataset, jobId } = await service.model(theirs);
    const scoring = await service.post('/v1/scorings', { json: { modelId, datasetId: dataset.id }, key: theirs });
    await service.ended(scoring.json.id, theirs);
    const evaluation = await service.post('/v1/evaluations', { json: { modelId, datasetId: dataset.id }, key: theirs });
    const { evaluationId } = (await service.ended(evaluation.json.id, theirs)).result as { evaluationId: string };
    const audit = await service.post(`/v1/datasets/${dataset.id}/audits`, { key: theirs });
    const { auditId } = (await service.ended(audit.json.id, theirs)).result as { auditId: string };
    const { json } = await service.get(`/v1/datasets/${dataset.id}/images`, { key: theirs });
    await service.send('PUT', '/v1/aliases/their-alias', { json: { modelId }, key: theirs });
    const webhook = { url: 'https://hooks.example.org/', events: ['alias.changed'] };
    const { id: webhookId } = (await service.post('/v1/webhooks', { json: webhook, key: theirs })).json;
    await service.send('PUT', '/v1/aliases/another-alias', { json: { modelId }, key: theirs });
    const deliveries = await service.get(`/v1/webhooks/${webhookId}/deliveries`, { key: theirs });
    ids = {
      webhooks: webhookId,
      deliveries: deliveries.json.items[0].id,
      aliases: 'their-alias',
      datasets: dataset.id,
      images: json.items[0].id,
      results: json.items[0].id,
      models: modelId,
      jobs: scoring.json.id,
      studies: scoring.json.id,
      adaptationJob: jobId,
      evaluations: evaluationId,
      audits: auditId,
    };
  });
  afterAll(async () => {
    await service.stop();
    await closeSharedPool();
  });

  const closed = operationIds.filter((id) => !routeOf(id).open);

  /** The path of an operation with ids of the other tenant in every place. */
  function foreignPath(pathOfRoute: string): string {
    return pathOfRoute.replace('{kind}', 'segmentation').replace(/\/(\w+)\/\{\w+\}/g, (_, kind: string) => {
      if (ids[kind] === undefined) throw new Error(`The test has no id of ${kind} yet.`);
      return `/${kind}/${ids[kind]}`;
    });
  }

  /** A body that the operation takes, with ids of the other tenant in every place. */
  function foreignBody(id: (typeof operationIds)[number]) {
    const { body } = routeOf(id);
    if (body === undefined) return {};
    if ('form' in body) {
      const isUpload = id === 'uploadImages';
      return {
        form: formOf([
          ...(isUpload
            ? ([
                ['split', 'train'],
                ['label', 'normal'],
              ] as const)
            : []),
          ['file', bitmap(), 'a.bmp'],
        ]),
      };
    }
    if ('tensors' in body) {
      const input = { name: 'image', datatype: 'BYTES', shape: [1], data: [Buffer.from(bitmap()).toString('base64')] };
      return { json: { inputs: [input] } };
    }
    if ('mediaTypes' in body && body.mediaTypes.includes('multipart/related')) {
      const { bytes, contentType } = relatedBody('application/dicom', [new Uint8Array([1])]);
      return { body: bytes, headers: { 'content-type': contentType } };
    }
    if (!('json' in body)) return { body: new Uint8Array([1]), headers: { 'content-type': 'application/zip' } };
    const all = {
      verdict: 'normal',
      threshold: 0.5,
      datasetId: ids.datasets,
      modelId: ids.models,
      alpha: 0.1,
      shots: 1,
      name: 'x',
      url: 'https://hooks.example.org/',
      events: ['job.failed'],
      pinned: true,
      server: 'pacs',
      split: 'test',
      label: 'normal',
    };
    for (const names of [
      [],
      ['url', 'events'],
      ['name'],
      ['modelId'],
      ['threshold'],
      ['verdict'],
      ['split'],
      ['server'],
      ['server', 'split', 'label'],
      ['datasetId', 'shots'],
      ['datasetId', 'modelId'],
      ['datasetId', 'alpha'],
      ['datasetId'],
      ['pinned'],
    ] as const) {
      const json = Object.fromEntries(names.map((name) => [name, all[name]]));
      if (body.json.safeParse(json).success) return { json };
    }
    throw new Error(`The test has no body for ${id} yet.`);
  }

  test.each(closed)('%s asks for a key', async (id) => {
    const { method, path: pathOfRoute } = routeOf(id);
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: `Basic ${mine}` }]) {
      const answer = await service.send(method, foreignPath(pathOfRoute), { headers });
      expect(answer).toMatchObject({ status: 401, problem: 'unauthenticated' });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  // The events of all jobs have no end, and a test of their own below.
  test.each(closed.filter((id) => id !== 'getAllJobEvents'))('%s never shows what is another tenant’s', async (id) => {
    const { method, path: pathOfRoute, query } = routeOf(id);
    const takesIds = pathOfRoute.includes('{') || /^create(Adaptation|Scoring|Evaluation)$/.test(id);
    const answer = await service.send(
      method,
      `${foreignPath(pathOfRoute)}${query?.safeParse({}).success === false ? '?split=train&label=normal' : ''}`,
      { ...foreignBody(id), key: mine },
    );
    if (takesIds) expect(answer).toMatchObject({ status: 404, problem: 'not-found' });
    else for (const foreign of Object.values(ids)) expect(answer.text).not.toContain(foreign);
  });

  test.each(operationIds.filter((id) => routeOf(id).open))('%s asks for none', async (id) => {
    const answer = await service.get(routeOf(id).path.replace('{slug}', 'not-found'));
    expect(answer.status).toBe(200);
    for (const foreign of Object.values(ids)) expect(answer.text).not.toContain(foreign);
  });

  test('each tenant goes on with its own after all that', async () => {
    expect((await service.get(`/v1/models/${ids.models}`, { key: theirs })).status).toBe(200);
    expect((await service.get(`/v1/datasets/${ids.datasets}/images/${ids.images}`, { key: theirs })).status).toBe(200);
    expect((await service.get('/v1/jobs', { key: mine })).json.items).toEqual([]);
  });

  test('an idempotency key of one tenant says nothing to another', async () => {
    const headers = { 'idempotency-key': 'shared' };
    const first = await service.post('/v1/datasets', { json: { name: 'a' }, headers, key: mine });
    const second = await service.post('/v1/datasets', { json: { name: 'b' }, headers, key: theirs });
    expect(second.status).toBe(201);
    expect(second.json.id).not.toBe(first.json.id);
  });

  test('the events of all jobs are those of the tenant', async () => {
    const { jobId } = await service.model(mine);
    const headers = { authorization: `Bearer ${mine}`, 'last-event-id': '0' };
    const answer = await fetch(`${service.url}/v1/jobs/events`, { headers });
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!/\ndata: .*\n\n/.test(text)) text += (await reader.read()).value;
    await reader.cancel();
    expect(text).toContain(jobId);
    for (const foreign of Object.values(ids)) expect(text).not.toContain(foreign);
  });

  test('no key is ever logged', () => {
    expect(service.log.join('')).not.toContain(mine);
    expect(service.log.join('')).not.toContain('wrong');
  });
});

describe('the file of API keys', () => {
  test('counts again two seconds after a change; a broken one leaves the keys before it in force', async () => {
    const file = path.join(temporaryFolder(), 'keys.json');
    const errors: Error[] = [];
    let now = 0;
    writeKeys(file, { old: 'clinic-a' });
    const keys = await ApiKeys.open(file, { onError: (error) => errors.push(error), now: () => now });
    const tenantOf = async (key: string) => (await keys.ownerOf(key))?.tenant;
    expect(await tenantOf('old')).toBe('clinic-a');
    writeKeys(file, { new: 'clinic-b' });
    utimesSync(file, 1, 1);
    expect(await tenantOf('new')).toBeUndefined();
    now += 2000;
    expect([await tenantOf('new'), await tenantOf('old')]).toEqual(['clinic-b', undefined]);
    writeFileSync(file, '{');
    utimesSync(file, 2, 2);
    now += 2000;
    expect(await tenantOf('new')).toBe('clinic-b');
    expect(errors).toMatchObject([{ name: 'ApiKeysError' }]);
  });

  test('ends the streams of a key that it has no longer, whatever its time stamp says', async () => {
    const apiKeysFile = path.join(temporaryFolder(), 'keys.json');
    const write = (keys: Parameters<typeof writeKeys>[1]) => {
      writeKeys(apiKeysFile, keys);
      utimesSync(apiKeysFile, 1, 1);
    };
    write({ old: 'clinic-a' });
    const service = await TestService.start({ settings: { apiKeysFile }, worker: false });
    const streams = ['old', 'old'].map((key) =>
      fetch(`${service.url}/v1/jobs/events`, { headers: { authorization: `Bearer ${key}` } }),
    );
    const opened = await Promise.all(streams);
    expect(opened.map(({ status }) => status)).toEqual([200, 200]);
    write({ new: 'clinic-a' });
    await Promise.all(opened.map((answer) => answer.text()));
    expect((await service.get('/v1/datasets', { key: 'old' })).status).toBe(401);
    await service.stop();
    await closeSharedPool();
  });

  test('must be there and valid at the start', async () => {
    const folder = temporaryFolder();
    const open = (file: string) => ApiKeys.open(file, { onError: () => undefined });
    await expect(open(path.join(folder, 'none.json'))).rejects.toThrow('cannot be read');
    writeFileSync(path.join(folder, 'bad.json'), '{"schemaVersion":1,"keys":[{"tenant":"A"}]}');
    await expect(open(path.join(folder, 'bad.json'))).rejects.toThrow('not valid');
  });
});

describe('requests with wrong keys', () => {
  test('are counted by address and turned away beyond 100 a minute; good keys are not', async () => {
    const apiKeysFile = path.join(temporaryFolder(), 'keys.json');
    writeKeys(apiKeysFile, { good: 'clinic-a' });
    const service = await TestService.start({ settings: { apiKeysFile }, worker: false });
    for (let i = 0; i < 100; i++) expect((await service.get('/v1/datasets', { key: `wrong-${i}` })).status).toBe(401);
    const refused = await service.get('/v1/datasets', { key: 'wrong' });
    expect(refused).toMatchObject({ status: 429, problem: 'rate-limited' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const answered = await service.get('/v1/datasets', { key: 'good' });
    expect(answered.status).toBe(200);
    expect(answered.headers.get('cache-control')).toBe('private, no-store');
    expect((await service.get('/healthz')).headers.get('cache-control')).toBeNull();
    await service.stop();
    await closeSharedPool();
  });

  test('are forgotten after a minute', () => {
    let now = 0;
    const wrongKeys = new WrongKeys(1, () => now);
    expect([wrongKeys.add('a'), wrongKeys.add('a'), wrongKeys.add('b')]).toEqual([0, 60, 0]);
    now = 60_000;
    expect(wrongKeys.add('a')).toBe(0);
  });
});
