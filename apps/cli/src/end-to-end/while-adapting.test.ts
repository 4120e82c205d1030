import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { MediclipClient } from '@mediclip/client';
import type { JobOf } from '@mediclip/contracts';
import { startEventLoopControl } from './testing/event-loop-control.js';
import { exampleFiles, quickOptions, readyModel, trainedFor, uploadExamples } from './testing/examples.js';
import { Metrics } from './testing/metrics.js';
import { type ServiceProcess, startService } from './testing/service-process.js';
import { until } from './testing/until.js';

/** How long the event loop may stall while the engine works. */
const longestStallSeconds = 0.05;

let service: ServiceProcess;
let client: MediclipClient;
let modelId: string;
let datasetId: string;

const images = exampleFiles('test/abnormal', 8);
const endless = { ...quickOptions(10_000), training: { ...quickOptions(10_000).training, batchSize: 3 } };

beforeAll(async () => {
  service = await startService();
  client = service.client;
  modelId = await readyModel(client);
  datasetId = await uploadExamples(client, { train: 4 });
});

afterAll(() => service.stop());

async function startAdaptation(): Promise<JobOf<'adaptation'>> {
  const job = await client.createAdaptation({ datasetId, ...endless });
  await trainedFor(client, job, 1);
  return job;
}

async function cancel({ id }: JobOf<'adaptation'>): Promise<void> {
  await client.cancelJob(id);
  expect((await client.waitForJob(id)).state).toBe('cancelled');
}

const stepOf = async ({ id }: JobOf<'adaptation'>) => (await client.getJob(id)).progress?.done ?? 0;

test('scores are answered while an adaptation goes on, as without it', async () => {
  const before = await client.scoreImages(modelId, images);
  const job = await startAdaptation();
  const step = await stepOf(job);
  const answers = await Promise.all(images.map((image) => client.scoreImages(modelId, [image])));
  expect(answers.map(({ results }) => ({ ...results[0], index: 0 }))).toEqual(
    before.results.map((result) => ({ ...result, index: 0 })),
  );
  await until(async () => ((await stepOf(job)) > step ? true : undefined));
  await cancel(job);
});

/**
 * What the code does, it does in every round; what other processes of the machine do to it differs from round to round,
 * and a process that only waits tells a part of it.
 */
test('the event loop of the API does not stall while the engine trains and scores', async () => {
  const control = await startEventLoopControl();
  const measure = async () => ({
    api: (await Metrics.of(service.baseUrl)).value('nodejs_eventloop_lag_max_seconds'),
    control: await control.longestTurn(),
  });
  const longestTurns: { api: number; control: number }[] = [];
  for (let round = 0; round < 3; round++) {
    await measure();
    const adaptation = client.createAdaptation({ datasetId, ...quickOptions(1) });
    await Promise.all([
      adaptation.then((job) => client.waitForResult(job)),
      client.scoreImages(modelId, images),
      ...images.map((image) => client.scoreOverlay(modelId, image)),
    ]);
    longestTurns.push(await measure());
  }
  await control.stop();
  const leastStall = Math.min(...longestTurns.map((turn) => turn.api - turn.control));
  if (leastStall > longestStallSeconds) {
    throw new Error(`The event loop stalled in every round; longest turns in seconds: ${JSON.stringify(longestTurns)}`);
  }
});

test('a cancelled adaptation leaves nothing behind and frees the device', async () => {
  const models = path.join(service.dataDir, 'tenants', 'default', 'models');
  const before = readdirSync(models);
  const job = await startAdaptation();
  await cancel(job);

  expect(await client.getJob(job.id)).not.toHaveProperty('result');
  expect(readdirSync(models)).toEqual(before);
  const jobFolder = path.join(service.dataDir, 'tenants', 'default', 'jobs', job.id);
  await until(() => (existsSync(path.join(jobFolder, 'scratch')) ? undefined : true));
  await until(() => (readdirSync(path.join(service.dataDir, 'work')).length === 0 ? true : undefined));
  const { results } = await client.scoreImages(modelId, images);
  expect(results.map(({ outcome }) => outcome)).toEqual(images.map(() => 'scored'));
  const { modelId: next } = await client.waitForResult(
    await client.createAdaptation({ datasetId, ...quickOptions(1) }),
  );
  await client.deleteModel(next);
});
