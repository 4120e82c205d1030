import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { problemSlugs } from '@mediclip/contracts';
import { StoreFull, StoreUnavailable } from '@mediclip/store';
import { closeSharedPool, type TestOptions, TestService } from './testing/test-service.js';

const started: TestService[] = [];
afterEach(async () => {
  for (const service of started.splice(0)) await service.stop();
});
afterAll(closeSharedPool);
async function start(options: TestOptions = {}): Promise<TestService> {
  const service = await TestService.start({ worker: false, ...options });
  started.push(service);
  return service;
}

describe('the server about itself', () => {
  test('is alive and ready, and says what it needs when it is not', async () => {
    let isThere = true;
    let remark: string | undefined;
    const check = async () => {
      if (!isThere) throw new Error('The engine is warming up.');
      return remark;
    };
    const service = await start({ dependencies: { readinessProbes: [{ name: 'engine', check }] } });
    expect((await service.get('/healthz')).json).toMatchObject({ status: 'ok' });
    const names = ['store', 'queue', 'engine'];
    expect((await service.get('/readyz')).json).toEqual({
      status: 'ready',
      checks: names.map((name) => ({ name, ok: true })),
    });
    remark = 'It computes on the processor.';
    expect((await service.get('/readyz')).json.checks[2]).toEqual({ name: 'engine', ok: true, detail: remark });
    isThere = false;
    const unready = await service.get('/readyz');
    expect(unready).toMatchObject({ status: 503, problem: 'not-ready' });
    expect(unready.json.checks[2]).toEqual({ name: 'engine', ok: false, detail: 'The engine is warming up.' });
    expect((await service.get('/healthz')).status).toBe(200);
  });

  test('tells nothing of its parts and measures where those have a port of their own', async () => {
    let isThere = true;
    const check = async () => {
      if (!isThere) throw new Error('The engine is at 10.0.0.7.');
    };
    const probes = [{ name: 'engine', check }];
    const service = await start({
      settings: { operationsPort: 9090 },
      dependencies: { healthProbes: probes, readinessProbes: probes },
    });
    expect((await service.get('/readyz')).json).toEqual({ status: 'ready', checks: [] });
    expect(await service.get('/metrics')).toMatchObject({ status: 404, problem: 'not-found' });
    isThere = false;
    for (const page of ['/healthz', '/readyz', '/v2/health/live', '/v2/health/ready']) {
      const { status, text } = await service.get(page);
      expect([page, status, text.includes('engine')]).toEqual([page, 503, false]);
    }
    expect(await service.server.health.readiness()).toContainEqual({
      name: 'engine',
      ok: false,
      detail: 'The engine is at 10.0.0.7.',
    });
    service.server.drain();
    expect(await service.server.health.readiness()).toMatchObject([{ name: 'server', ok: false }]);
  });

  test('measures requests under the names that dashboards know', async () => {
    const service = await start();
    await service.get('/v1/datasets');
    const { text } = await service.get('/metrics');
    expect(text).toMatch(
      /mediclip_http_request_duration_seconds_count\{method="GET",route="\/v1\/datasets",status="200"\} 1/,
    );
    for (const name of ['mediclip_queue_depth', 'mediclip_score_stage_seconds', 'mediclip_rejected_total']) {
      expect(text).toContain(`# TYPE ${name}`);
    }
  });

  test('still measures when the queue is away, without a depth', async () => {
    const service = await start();
    await service.jobQueue.close();
    const { status, text } = await service.get('/metrics');
    expect(status).toBe(200);
    expect(text).not.toContain('mediclip_queue_depth{');
    expect(await service.get('/readyz')).toMatchObject({ status: 503, problem: 'not-ready' });
  });

  test('describes itself without anything from other hosts', async () => {
    const service = await start();
    expect((await service.get('/openapi.json')).json).toMatchObject({ openapi: '3.1.0' });
    const page = await service.get('/docs');
    const loaded = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, target]) => target!);
    expect(loaded).toHaveLength(3);
    for (const target of loaded) {
      const response = await fetch(service.url + target);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toMatch(/css|javascript/);
      await response.arrayBuffer();
    }
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
  });

  test('has a page for every problem', async () => {
    const service = await start();
    for (const slug of problemSlugs) expect((await service.get(`/problems/${slug}`)).text).toContain(slug);
    expect((await service.get('/problems/nothing')).problem).toBe('not-found');
    expect((await service.get(`/problems/${'x'.repeat(200)}`)).problem).toBe('not-found');
  });

  test('tells paths that are not there from methods that are not offered', async () => {
    const service = await start();
    expect(await service.get('/v2/datasets')).toMatchObject({ status: 404, problem: 'route-not-found' });
    expect(await service.get('/%zz')).toMatchObject({ status: 404, problem: 'route-not-found' });
    const answer = await service.delete('/v1/datasets');
    expect(answer).toMatchObject({ status: 405, problem: 'method-not-allowed' });
    expect(answer.headers.get('allow')).toBe('POST, GET, HEAD');
    for (const method of ['QUERY', 'PUT', 'PATCH', 'OPTIONS']) {
      const response = await fetch(`${service.url}/v1/jobs`, { method });
      expect([method, response.status]).toEqual([method, 405]);
      await response.arrayBuffer();
    }
  });

  test('answers HEAD as GET, without a body', async () => {
    const service = await start({ worker: true });
    const dataset = await service.dataset(1);
    const { json: job } = await service.post('/v1/adaptations', { json: { datasetId: dataset.id, shots: 1 } });
    const { json: images } = await service.get(`/v1/datasets/${dataset.id}/images`);
    const content = `/v1/datasets/${dataset.id}/images/${images.items[0].id}/content`;
    const pages = ['/healthz', '/readyz', '/metrics', '/docs', '/openapi.json', '/docs/swagger-ui.css', '/v1/models'];
    for (const page of [...pages, `/v1/jobs/${job.id}`, `/v1/jobs/${job.id}/events`, content]) {
      const head = await fetch(service.url + page, { method: 'HEAD' });
      expect([page, head.status, await head.text()]).toEqual([page, 200, '']);
      const get = await fetch(service.url + page);
      await get.body?.cancel();
      expect([page, head.headers.get('content-type')]).toEqual([page, get.headers.get('content-type')]);
    }
    expect((await fetch(`${service.url}/nowhere`, { method: 'HEAD' })).status).toBe(404);
  });

  test('lets pages of other origins in only when they are named', async () => {
    const origin = 'https://viewer.example.org';
    const ask = async (allowedOrigins: readonly string[], from: string, method: string) => {
      const service = await start({ settings: { allowedOrigins } });
      const headers = { origin: from, ...(method === 'OPTIONS' && { 'access-control-request-method': 'POST' }) };
      const response = await fetch(`${service.url}/v1/datasets`, { method, headers });
      return [response.status, response.headers.get('access-control-allow-origin')];
    };
    expect(await ask([], origin, 'OPTIONS')).toEqual([405, null]);
    expect(await ask([origin], origin, 'OPTIONS')).toEqual([204, origin]);
    expect(await ask([origin], origin, 'GET')).toEqual([200, origin]);
    expect(await ask([origin], 'https://other.example.org', 'GET')).toEqual([200, null]);
  });

  test('gives every answer an id that its log and its problems know', async () => {
    const service = await start();
    const given = await service.get('/v1/nothing', { headers: { 'x-request-id': 'trace-7' } });
    expect(given.headers.get('x-request-id')).toBe('trace-7');
    expect(given.json).toMatchObject({ requestId: 'trace-7', instance: '/v1/nothing' });
    const made = await service.get('/v1/datasets?limit=3', { headers: { 'x-request-id': 'no spaces allowed' } });
    const id = made.headers.get('x-request-id')!;
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    const line = service.log
      .map((text) => JSON.parse(text))
      .find(({ requestId, msg }) => requestId === id && msg === 'answered');
    expect(line).toMatchObject({ operation: 'listDatasets', status: 200, tenant: 'default' });
    expect(service.log.join('')).not.toContain('limit=3');
  });
});

describe('when it is too much', () => {
  test('a tenant that asks too often is told when to come back; open routes always answer', async () => {
    const service = await start({ settings: { requestsPerMinute: 3 } });
    for (let i = 0; i < 3; i++) expect((await service.get('/v1/jobs')).status).toBe(200);
    const limited = await service.get('/v1/jobs');
    expect(limited).toMatchObject({ status: 429, problem: 'rate-limited', json: { limit: 3 } });
    expect((await service.get('/v1/models')).status).toBe(200);
    for (let i = 0; i < 5; i++) expect((await service.get('/healthz')).status).toBe(200);
    expect((await service.get('/metrics')).text).toContain('mediclip_rejected_total{reason="rate-limited"} 1');
  });

  test('load is shed while the event loop is late; open routes still answer', async () => {
    const service = await start({ settings: { eventLoopDelayMs: 5 } });
    const block = () => {
      const end = performance.now() + 150;
      while (performance.now() < end);
    };
    const blocking = setInterval(block, 1);
    let answer = await service.get('/v1/jobs');
    while (answer.status === 200) answer = await service.get('/v1/jobs');
    clearInterval(blocking);
    expect(answer).toMatchObject({ status: 503, problem: 'overloaded' });
    expect((await service.get('/healthz')).status).toBe(200);
  });

  test('a request that does not arrive in time is answered with 408', async () => {
    const service = await start({ settings: { requestTimeoutMs: 200 } });
    const { port } = new URL(service.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(
      'POST /v1/datasets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{',
    );
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    await once(socket, 'close');
    expect(text).toContain('HTTP/1.1 408 Request Timeout');
    expect(text).toContain('/problems/request-timeout');
  });

  test('what is no HTTP is answered as a problem too', async () => {
    const service = await start();
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    socket.write('HELLO\r\n\r\n');
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    expect(chunk.toString()).toContain('HTTP/1.1 400 Bad Request');
    socket.destroy();
  });

  test('an idle connection is closed', async () => {
    const service = await start({ settings: { connectionTimeoutMs: 100 } });
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.resume();
    await once(socket, 'close');
  });
});

describe('when the store', () => {
  test.each([
    ['is away', new StoreUnavailable('The folder fails with EIO.'), 503, 'store-unavailable'],
    ['is full', new StoreFull('The disk is full.'), 507, 'storage-full'],
    ['has a bug', new TypeError('secret path /data'), 500, 'internal'],
  ])('%s, the client learns what to do and nothing more', async (_, error, status, problem) => {
    const service = await start();
    const { store } = service;
    const broken = {
      ...store,
      tenant: (name: string) => ({ ...store.tenant(name), datasets: { create: async () => Promise.reject(error) } }),
    };
    const failing = await start({ dependencies: { store: broken as never } });
    const answer = await failing.post('/v1/datasets', { json: { name: 'a' } });
    expect(answer).toMatchObject({ status, problem });
    expect(answer.text).not.toMatch(/EIO|secret/);
    expect(failing.log.join('')).toContain(error.message);
  });
});

describe('stopping', () => {
  test('it is first not ready, then refuses, ends event streams, and answers what it has taken', async () => {
    const service = await start({ worker: true });
    const dataset = await service.dataset(1);
    let release: () => void = () => undefined;
    service.worker!.hold = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { json } = await service.post('/v1/adaptations', { json: { datasetId: dataset.id, shots: 1 } });
    const stream = await fetch(`${service.url}/v1/jobs/${json.id}/events`);

    service.server.drain();
    expect(await service.get('/readyz')).toMatchObject({ status: 503, problem: 'draining' });
    expect((await service.get('/v1/jobs')).status).toBe(200);

    const keptAlive = connect(Number(new URL(service.url).port), '127.0.0.1');
    keptAlive.write('GET /v1/jobs HTTP/1.1\r\nHost: x\r\n');
    await once(keptAlive, 'connect');
    const closing = service.server.close();
    expect(await stream.text()).not.toContain('event: end');
    keptAlive.write('\r\n');
    let text = '';
    for await (const chunk of keptAlive) text += String(chunk);
    expect(text).toMatch(/^HTTP\/1.1 503|^$/);
    release();
    await closing;
    await expect(fetch(`${service.url}/healthz`)).rejects.toThrow();
  });

  test('closes although a client has connected and says nothing', async () => {
    const service = await start({ settings: { connectionTimeoutMs: 3_600_000 } });
    const silent = connect(Number(new URL(service.url).port), '127.0.0.1');
    await once(silent, 'connect');
    await service.get('/healthz');
    await service.server.close();
    await once(silent.resume(), 'close');
  });
});
