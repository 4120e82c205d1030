import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MediclipClient } from './client.js';
import { ClientProblem, ConnectionError } from './client-problem.js';
import { fileAt } from './files.js';
import { breakAfter, sendJson, sendProblem, startTestServer, type TestServer } from './testing/test-server.js';

const id = '0193f3a2-7c1e-7d3a-9b5f-2f1c8a6e4d10';
const waits: number[] = [];
let server: TestServer;
let client: MediclipClient;

const clientOf = (baseUrl: string, retryBudgetMs = 5000) =>
  new MediclipClient({ baseUrl, apiKey: 'secret', retryBudgetMs, wait: async (ms) => void waits.push(ms) });

beforeEach(async () => {
  waits.length = 0;
  server = await startTestServer();
  client = clientOf(`${server.url}/`);
});

afterEach(() => server.close());

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('nothing was thrown');
    },
    (error: unknown) => error,
  );
}

describe('a call', () => {
  test('carries the API key, the body and a key that makes it safe to repeat', async () => {
    server.answer(sendJson({ id }, 201));
    expect(await client.createDataset({ name: 'Brain MRI' })).toEqual({ id });
    const [request] = server.requests;
    expect(request).toMatchObject({ method: 'POST', url: '/v1/datasets' });
    expect(request!.headers).toMatchObject({
      authorization: 'Bearer secret',
      'content-type': 'application/json',
      'idempotency-key': expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(JSON.parse(request!.body.toString())).toEqual({ name: 'Brain MRI' });
  });

  test('uses the idempotency key that it is given', async () => {
    server.answer(sendJson({ id }, 202));
    await client.cancelJob(id, { idempotencyKey: 'mine' });
    expect(server.requests[0]).toMatchObject({ url: `/v1/jobs/${id}/cancel`, headers: { 'idempotency-key': 'mine' } });
  });

  test('returns nothing for an answer without a body', async () => {
    server.answer((response) => response.writeHead(204).end());
    expect(await client.deleteModel(id)).toBeUndefined();
    expect(server.requests[0]!.headers['idempotency-key']).toBeUndefined();
  });

  test('returns the bytes of a picture', async () => {
    server.answer((response) => response.writeHead(200, { 'content-type': 'image/png' }).end(Buffer.from([1, 2, 3])));
    expect(await client.getJobResultMap(id, id, 'image/png')).toEqual(new Uint8Array([1, 2, 3]));
    expect(server.requests[0]).toMatchObject({
      url: `/v1/jobs/${id}/results/${id}/map`,
      headers: { accept: 'image/png' },
    });
  });

  test('cannot leave its path through an id', async () => {
    server.answer(sendProblem('not-found'));
    await rejection(client.getModel('../datasets?x'));
    expect(server.requests[0]!.url).toBe('/v1/models/..%2Fdatasets%3Fx');
  });

  test('throws the problem that the server names', async () => {
    server.answer(sendProblem('not-found'));
    const problem = await rejection(client.getModel(id));
    expect(problem).toBeInstanceOf(ClientProblem);
    expect(problem).toMatchObject({ slug: 'not-found', status: 404, retryable: false });
    expect(waits).toEqual([]);
  });

  test('throws a problem for the error page of a proxy', async () => {
    server.answer((response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>'));
    const problem = (await rejection(client.getModel(id))) as ClientProblem;
    expect(problem.problem).toMatchObject({ type: 'about:blank', status: 502 });
    expect(problem.message).toContain('<h1>Bad gateway</h1>');
    expect(problem.slug).toBeUndefined();
  });
});

describe('a call that a busy server turns away', () => {
  test('is repeated after the time that the server asks for, with the same key and bytes', async () => {
    server.answer(
      sendProblem('queue-full', { 'retry-after': '2' }),
      sendProblem('overloaded'),
      sendJson({ outcomes: [] }),
    );
    const content = async function* () {
      yield new Uint8Array([1, 2]);
    };
    await client.uploadImages(id, [{ fileName: 'a.png', content, split: 'train', label: 'normal' }]);
    expect(waits).toEqual([2000, 1000]);
    const [first, second, third] = server.requests.map(({ headers, body }) => [
      headers['idempotency-key'],
      headers['content-type'],
      body.toString('latin1'),
    ]);
    expect(second).toEqual(first);
    expect(third).toEqual(first);
  });

  test('fails with the problem when the server asks for more time than there is', async () => {
    server.answer(sendProblem('queue-full', { 'retry-after': '3' }), sendProblem('queue-full', { 'retry-after': '3' }));
    expect(await rejection(client.createScoring({ modelId: id, datasetId: id }))).toMatchObject({ slug: 'queue-full' });
    expect(waits).toEqual([3000]);
  });

  test('is not repeated for ever by a server that always says "now"', async () => {
    server.answer(...Array.from({ length: 51 }, () => sendProblem('overloaded', { 'retry-after': '0' })));
    expect(await rejection(client.getJob(id))).toMatchObject({ slug: 'overloaded' });
    expect(waits).toEqual(Array.from({ length: 50 }, () => 0));
  });

  test('is not repeated when the same call cannot succeed', async () => {
    server.answer(sendProblem('device-out-of-memory'));
    expect(await rejection(client.getJob(id))).toMatchObject({ status: 503, retryable: false });
    expect(waits).toEqual([]);
  });

  test('stops waiting when its signal aborts', async () => {
    const abort = new AbortController();
    const slow = new MediclipClient({ baseUrl: server.url });
    server.answer((response, request) => {
      sendProblem('overloaded', { 'retry-after': '20' })(response, request);
      response.on('close', () => abort.abort(new Error('enough')));
    });
    server.answer(sendJson({}));
    expect(await rejection(slow.getJob(id, { signal: abort.signal }))).toMatchObject({ message: 'enough' });
    expect(server.requests).toHaveLength(1);
  });
});

describe('a connection that breaks', () => {
  test('in the middle of the answer has the call repeated', async () => {
    server.answer(breakAfter('{"id":'), sendJson({ id }));
    expect(await client.getModel(id)).toEqual({ id });
    expect(waits).toEqual([500]);
  });

  test('for good is an error that names the server', async () => {
    await server.close();
    const error = await rejection(clientOf(server.url, 0).getModel(id));
    expect(error).toBeInstanceOf(ConnectionError);
    expect((error as Error).message).toContain(server.url);
  });

  test('cannot come from something that is no URL', () => {
    expect(() => clientOf('localhost')).toThrow('"localhost" is no URL');
  });

  test('because a file cannot be read is the error of that file', async () => {
    const file = { ...fileAt('/nowhere/scan.png'), split: 'train', label: 'normal' } as const;
    expect(await rejection(client.uploadImages(id, [file]))).toMatchObject({ code: 'ENOENT' });
    expect(waits).toEqual([]);
  });
});

test('a list is walked from page to page', async () => {
  server.answer(
    sendJson({ items: [{ id: 1 }, { id: 2 }], nextCursor: 'a b' }),
    sendJson({ items: [], nextCursor: 'c' }),
  );
  server.answer(sendJson({ items: [{ id: 3 }] }));
  const seen: unknown[] = [];
  for await (const job of client.listJobs({ state: 'failed', pageSize: 2 })) seen.push(job.id);
  expect(seen).toEqual([1, 2, 3]);
  expect(server.requests.map(({ url }) => url)).toEqual([
    '/v1/jobs?state=failed&limit=2',
    '/v1/jobs?state=failed&limit=2&cursor=a+b',
    '/v1/jobs?state=failed&limit=2&cursor=c',
  ]);
});
