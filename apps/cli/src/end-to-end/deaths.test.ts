import { readdirSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { MediclipClient } from '@mediclip/client';
import type { Job, JobOf, Model } from '@mediclip/contracts';
import { quickOptions, trainedFor, uploadExamples } from './testing/examples.js';
import { isAlive } from './testing/processes.js';
import { type ServiceProcess, startService } from './testing/service-process.js';
import { until } from './testing/until.js';

const epochs = 4;
const steps = 3 * epochs;
const graceSeconds = 20;
const settings = { MEDICLIP_SHUTDOWN_GRACE_SECONDS: `${graceSeconds}` };

let undisturbed: Model;

const start = (dataDir?: string) => startService({ settings, ...(dataDir !== undefined && { dataDir }) });

async function adapt(client: MediclipClient): Promise<JobOf<'adaptation'>> {
  const datasetId = await uploadExamples(client, { train: 4 });
  return client.createAdaptation({ datasetId, ...quickOptions(epochs) });
}

async function modelOf(client: MediclipClient, job: JobOf<'adaptation'>): Promise<Model> {
  return client.getModel((await client.waitForResult(job)).modelId);
}

/** The job goes on after what happened to its service, to the same bytes; no attempt leaves anything behind. */
async function expectSameModel({ client, dataDir }: ServiceProcess, job: JobOf<'adaptation'>): Promise<Job> {
  const { digest, lossHistory, configuration } = await modelOf(client, job);
  expect(digest).toBe(undisturbed.digest);
  expect({ lossHistory, configuration }).toEqual({
    lossHistory: undisturbed.lossHistory,
    configuration: undisturbed.configuration,
  });
  await until(() => (readdirSync(path.join(dataDir, 'work')).length === 0 ? true : undefined));
  return client.getJob(job.id);
}

beforeAll(async () => {
  const service = await start();
  undisturbed = await modelOf(service.client, await adapt(service.client));
  await service.stop();
});

describe('an adaptation', () => {
  test('whose process tree is killed early and late, and whose engine is killed between, goes on to the same bytes', async () => {
    const early = await start();
    const job = await adapt(early.client);
    await trainedFor(early.client, job, 1);
    await early.killTree();

    const late = await start(early.dataDir);
    await trainedFor(late.client, job, 3);
    process.kill(await late.enginePid(), 'SIGKILL');
    await trainedFor(late.client, job, steps - 3);
    expect((await late.client.getJob(job.id)).attempt).toBe(2);
    expect(await (await fetch(`${late.baseUrl}/metrics`)).text()).toMatch(/^mediclip_engine_restarts_total 1$/m);
    await late.killTree();

    const service = await start(early.dataDir);
    const { attempt } = await expectSameModel(service, job);
    expect(attempt).toBe(3);
    expect(await service.stop()).toBe(0);
  });

  test('whose service is told to end, and the next one twice, is left with a checkpoint and goes on after each start', async () => {
    const stopped = await start();
    const job = await adapt(stopped.client);
    await trainedFor(stopped.client, job, 2);
    const engine = await stopped.enginePid();
    expect(await stopped.stop()).toBe(0);
    expect(isAlive(engine)).toBe(false);

    const impatient = await start(stopped.dataDir);
    await trainedFor(impatient.client, job, 5);
    const second = await impatient.enginePid();
    impatient.signal('SIGTERM');
    await until(() => impatient.log.find(({ msg }) => msg === 'stopping'));
    impatient.signal('SIGTERM');
    expect(await impatient.ended).toBe(130);
    expect(impatient.log.some(({ msg }) => msg === 'stopped')).toBe(false);
    await until(() => (isAlive(second) ? undefined : true));

    const service = await start(stopped.dataDir);
    await expectSameModel(service, job);
    expect(await service.stop()).toBe(0);
  });
});

test('a service that is told to end while a client keeps sending ends within its grace', async () => {
  const service = await startService({ settings: { MEDICLIP_SHUTDOWN_GRACE_SECONDS: '2' } });
  const { id } = await service.client.createDataset({ name: 'Never ending' });
  const body = new ReadableStream({
    pull: (controller) => {
      controller.enqueue(new Uint8Array(1024));
      return new Promise(() => {});
    },
  });
  const upload = fetch(`${service.baseUrl}/v1/datasets/${id}/archive`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body,
    duplex: 'half',
  } as RequestInit).catch(({ name }: Error) => name);
  await until(() => readdirSync(path.join(service.dataDir, 'tmp'))[0]);
  expect(await service.stop()).toBe(0);
  expect(await upload).toBe('TypeError');
});
