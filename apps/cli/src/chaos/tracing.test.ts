import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findRedis, until } from '@mediclip/testing';
import { exampleFiles, quickOptions, readyModel, uploadExamples } from '../end-to-end/testing/examples.js';
import { type ServiceProcess, startService } from '../end-to-end/testing/service-process.js';
import { Cluster } from './testing/cluster.js';
import { type ReceivedSpan, startSpanReceiver } from './testing/span-receiver.js';

const onRedis = (await findRedis()) === null ? describe.skip : describe;

onRedis('one trace goes from the request over the queue and the worker to the engine', () => {
  let receiver: Awaited<ReturnType<typeof startSpanReceiver>>;
  let cluster: Cluster;
  let modelId: string;

  beforeAll(async () => {
    receiver = await startSpanReceiver();
    cluster = await Cluster.start({
      apis: 1,
      workers: 1,
      settings: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, OTEL_BSP_SCHEDULE_DELAY: '100' },
    });
    const client = cluster.apis[0]!.client();
    const datasetId = await uploadExamples(client, { train: 3 });
    const job = await client.createAdaptation({ datasetId, ...quickOptions(1) });
    ({ modelId } = await client.waitForResult(job));
  }, 120_000);
  afterAll(async () => {
    await cluster?.stop();
    receiver?.close();
  });

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

  test('for an adaptation', async () => {
    expect(await pathTo('engine adapt')).toEqual([
      'mediclip-api: POST /v1/adaptations',
      'mediclip-api: enqueue adaptation',
      'mediclip-worker: attempt adaptation',
      'mediclip-worker: engine adapt',
    ]);
  });

  test('for a score that is waited for', async () => {
    await cluster.apis[0]!.client().scoreImages(modelId, exampleFiles('test/abnormal', 1));
    expect(await pathTo('engine score')).toEqual([
      'mediclip-api: POST /v1/models/{id}/score',
      'mediclip-api: request score',
      'mediclip-worker: answer score',
      'mediclip-worker: engine score',
    ]);
  });

  test('below the span that a client names', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    await fetch(`${cluster.apis[0]!.baseUrl}/v1/jobs`, {
      headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` },
    });
    const span = await until(() => receiver.spans.find((each) => each.traceId === traceId));
    expect(span).toMatchObject({ name: 'GET /v1/jobs', parentSpanId: 'b7ad6b7169203331' });
  });

  test('and says nothing of health checks', async () => {
    expect((await fetch(`${cluster.apis[0]!.baseUrl}/readyz`)).status).toBe(200);
    await cluster.apis[0]!.stop();
    expect(receiver.spans.map(({ name }) => name).filter((name) => name.includes('readyz'))).toEqual([]);
  });

  test('a collector that is away harms nothing, from the start of a process to its end', async () => {
    const api = cluster.apis[0]!;
    await api.stop();
    receiver.close();
    await expect(fetch(receiver.endpoint)).rejects.toThrow('fetch failed');
    await api.start();
    await uploadExamples(api.client(), { train: 1 });
    expect(await api.stop()).toBe(0);
  });
});

test('without Redis it is the same', async () => {
  const receiver = await startSpanReceiver();
  const service: ServiceProcess = await startService({
    settings: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, OTEL_BSP_SCHEDULE_DELAY: '100' },
  });
  const modelId = await readyModel(service.client);
  const datasetId = await uploadExamples(service.client, { abnormal: 1 });
  await service.client.waitForResult(await service.client.createScoring({ modelId, datasetId }));
  const engine = await until(() => receiver.spans.find(({ name }) => name === 'engine score'));
  await service.stop();
  const names = receiver.spans.filter(({ traceId }) => traceId === engine.traceId).map(({ name }) => name);
  expect(names.sort()).toEqual(['POST /v1/scorings', 'attempt scoring', 'engine score', 'enqueue scoring']);
  receiver.close();
});
