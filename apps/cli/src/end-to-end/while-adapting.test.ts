import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { MediclipClient } from '@mediclip/client';
import { until } from '@mediclip/testing';
import { exampleFiles, quickOptions, readyModel, trainedFor, uploadExamples } from './testing/examples.js';
import { type ServiceProcess, startService } from './testing/service-process.js';

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

test('scores are answered while an adaptation goes on as without it, and its end leaves nothing behind', async () => {
  const before = await client.scoreImages(modelId, images);
  const models = path.join(service.dataDir, 'tenants', 'default', 'models');
  const modelsBefore = readdirSync(models);
  const job = await client.createAdaptation({ datasetId, ...endless });
  await trainedFor(client, job, 1);
  const stepOf = async () => (await client.getJob(job.id)).progress?.done ?? 0;
  const step = await stepOf();
  const answers = await Promise.all(images.map((image) => client.scoreImages(modelId, [image])));
  expect(answers.map(({ results }) => ({ ...results[0], index: 0 }))).toEqual(
    before.results.map((result) => ({ ...result, index: 0 })),
  );
  await until(async () => ((await stepOf()) > step ? true : undefined));

  await client.cancelJob(job.id);
  const cancelled = await client.waitForJob(job.id);
  expect(cancelled.state).toBe('cancelled');
  expect(cancelled).not.toHaveProperty('result');
  expect(readdirSync(models)).toEqual(modelsBefore);
  const jobFolder = path.join(service.dataDir, 'tenants', 'default', 'jobs', job.id);
  await until(() => (existsSync(path.join(jobFolder, 'scratch')) ? undefined : true));
  await until(() => (readdirSync(path.join(service.dataDir, 'work')).length === 0 ? true : undefined));
});
