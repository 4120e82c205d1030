import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MediclipClient } from '@mediclip/client';
import { findRedis, freePort, until } from '@mediclip/testing';
import { exampleFiles, quickOptions, readyModel, uploadExamples } from '../end-to-end/testing/examples.js';
import { startService } from '../end-to-end/testing/service-process.js';
import { mediclipInTurn } from '../testing/run-mediclip.js';
import { all } from './testing/all.js';
import { Cluster } from './testing/cluster.js';
import { type ReceivedSpan, type SpanReceiver, startSpanReceiver } from './testing/span-receiver.js';

const onRedis = (await findRedis()) === null ? describe.skip : describe;
/** Sends spans soon after they have ended. */
const soon = { OTEL_BSP_SCHEDULE_DELAY: '100' };

onRedis('an API and a worker on a Redis with a password', () => {
  let receiver: SpanReceiver;
  let cluster: Cluster;

  beforeAll(async () => {
    receiver = await startSpanReceiver();
    cluster = await Cluster.start({
      apis: 1,
      workers: 1,
      redis: { password: 'right' },
      settings: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, ...soon },
    });
  }, 60_000);
  afterAll(async () => {
    await cluster?.stop();
    receiver?.close();
  });

  /** Sends commands to Redis, which knows this connection by `password`; its answers. */
  async function ask(password: string, ...commands: string[]): Promise<string> {
    const socket = connect(cluster.redis.port, '127.0.0.1');
    socket.end([`AUTH ${password}`, ...commands, ''].join('\r\n'));
    return text(socket);
  }

  /** The names from the first span of a trace down to the span with this name, each with the service that sent it. */
  const pathTo = (name: string) =>
    until(() => {
      const path: ReceivedSpan[] = [];
      let span = receiver.spans.find((each) => each.name === name);
      while (span) {
        path.unshift(span);
        const { traceId, parentSpanId } = span;
        if (!parentSpanId) return path.map(({ service, name }) => `${service}: ${name}`);
        span = receiver.spans.find((each) => each.traceId === traceId && each.spanId === parentSpanId);
      }
      return undefined;
    });

  test.each(['api', 'worker'])('a password that is another one is said at once by mediclip %s', async (role) => {
    const { end, stderr } = await mediclipInTurn([role], {
      MEDICLIP_REDIS_URL: cluster.redis.url.replace('right', 'wrong'),
      MEDICLIP_DATA_DIR: cluster.folder,
    });
    expect(end).toBe(1);
    expect(stderr).toMatch(/^mediclip: Redis at 127\.0\.0\.1:\d+ cannot be used: WRONGPASS [^\n]*\n$/);
  });

  test('a password that is changed under running processes makes them unready, and loses nothing until it is changed back', async () => {
    const [api, worker] = [cluster.apis[0]!, cluster.workers[0]!];
    const client = api.client();
    const datasetId = await uploadExamples(client, { train: 2 });
    await client.waitForResult(await client.createAudit(datasetId));
    await ask('right', 'CONFIG SET requirepass other', 'CLIENT KILL TYPE normal', 'CLIENT KILL TYPE pubsub');

    for (const member of [api, worker]) {
      const state = await until(async () => {
        const response = await fetch(`${member.baseUrl}/readyz`);
        return response.status === 503 ? response.text() : undefined;
      });
      expect(state).toMatch(/"name":"queue","ok":false,"detail":"The queue on Redis cannot be used: WRONGPASS/);
    }
    const impatient = new MediclipClient({ baseUrl: api.baseUrl, retryBudgetMs: 0 });
    await expect(impatient.createAudit(datasetId)).rejects.toMatchObject({ slug: 'queue-unavailable' });
    expect(await all(client.listJobs())).toHaveLength(1);

    await ask('other', 'CONFIG SET requirepass right', 'CLIENT KILL TYPE normal', 'CLIENT KILL TYPE pubsub');
    await client.waitForResult(await client.createAudit(datasetId));
    expect((await fetch(`${worker.baseUrl}/readyz`)).status).toBe(200);
  }, 120_000);

  describe('have one trace from the request over the queue and the worker to the engine', () => {
    test('for an adaptation, and for a score that is waited for', async () => {
      const client = cluster.apis[0]!.client();
      const datasetId = await uploadExamples(client, { train: 2 });
      const { modelId } = await client.waitForResult(await client.createAdaptation({ datasetId, ...quickOptions(1) }));
      expect(await pathTo('engine adapt')).toEqual([
        'mediclip-api: POST /v1/adaptations',
        'mediclip-api: enqueue adaptation',
        'mediclip-worker: attempt adaptation',
        'mediclip-worker: engine adapt',
      ]);
      await client.scoreImages(modelId, exampleFiles('test/abnormal', 1));
      expect(await pathTo('engine score')).toEqual([
        'mediclip-api: POST /v1/models/{id}/score',
        'mediclip-api: request score',
        'mediclip-worker: answer score',
        'mediclip-worker: engine score',
      ]);
    }, 120_000);

    test('below the span that a client names', async () => {
      const traceId = '0af7651916cd43dd8448eb211c80319c';
      await fetch(`${cluster.apis[0]!.baseUrl}/v1/jobs`, {
        headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` },
      });
      const span = await until(() => receiver.spans.find((each) => each.traceId === traceId));
      expect(span).toMatchObject({ name: 'GET /v1/jobs', parentSpanId: 'b7ad6b7169203331' });
    });

    test('and say nothing of health checks', async () => {
      expect((await fetch(`${cluster.apis[0]!.baseUrl}/readyz`)).status).toBe(200);
      expect(await cluster.apis[0]!.stop()).toBe(0);
      expect(receiver.spans.map(({ name }) => name).filter((name) => name.includes('readyz'))).toEqual([]);
    });
  });
});

test('without Redis a trace is the same, and a collector that is away harms nothing, from the start of a process to its end', async () => {
  const port = await freePort();
  const { client, stop } = await startService({
    settings: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, ...soon },
  });
  const modelId = await readyModel(client);
  const datasetId = await uploadExamples(client, { abnormal: 1 });
  const receiver = await startSpanReceiver(port);
  await client.waitForResult(await client.createScoring({ modelId, datasetId }));
  const engine = await until(() => receiver.spans.find(({ name }) => name === 'engine score'));
  await until(() => receiver.spans.find(({ name }) => name === 'attempt scoring'));
  await client.getModel(modelId);
  // Spans come in the order in which they have ended: after this one there is no other of the scoring.
  await until(() => receiver.spans.find(({ name }) => name === 'GET /v1/models/{id}'));
  const names = receiver.spans.filter(({ traceId }) => traceId === engine.traceId).map(({ name }) => name);
  expect(names.sort()).toEqual(['POST /v1/scorings', 'attempt scoring', 'engine score', 'enqueue scoring']);
  receiver.close();
  await expect(fetch(receiver.endpoint)).rejects.toThrow('fetch failed');
  await uploadExamples(client, { train: 1 });
  expect(await stop()).toBe(0);
}, 120_000);
