import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import type { MediclipClient } from '@mediclip/client';
import type { JobOf, Model } from '@mediclip/contracts';
import { quickOptions, trainedFor, uploadExamples } from './testing/examples.js';
import { isAlive } from './testing/processes.js';
import { startService } from './testing/service-process.js';
import { until } from './testing/until.js';

const epochs = 4;
const steps = 3 * epochs;
const graceSeconds = 20;
const settings = { MEDICLIP_SHUTDOWN_GRACE_SECONDS: `${graceSeconds}` };

const start = (dataDir?: string) => startService({ settings, ...(dataDir !== undefined && { dataDir }) });

async function adapt(client: MediclipClient): Promise<JobOf<'adaptation'>> {
  const datasetId = await uploadExamples(client, { train: 4 });
  return client.createAdaptation({ datasetId, ...quickOptions(epochs) });
}

async function modelOf(client: MediclipClient, job: JobOf<'adaptation'>): Promise<Model> {
  return client.getModel((await client.waitForResult(job)).modelId);
}

const made = ({ digest, lossHistory, configuration }: Model) => ({ digest, lossHistory, configuration });

test('an adaptation whose service is told to end, whose process tree and engine are killed, and whose service is told to end twice, goes on after each to the bytes of an undisturbed one', async () => {
  const stopped = await start();
  const job = await adapt(stopped.client);
  await trainedFor(stopped.client, job, 1);
  const engine = await stopped.enginePid();
  expect(await stopped.stop()).toBe(0);
  expect(isAlive(engine)).toBe(false);

  const killed = await start(stopped.dataDir);
  await trainedFor(killed.client, job, 3);
  process.kill(await killed.enginePid(), 'SIGKILL');
  await trainedFor(killed.client, job, 5);
  expect((await killed.client.getJob(job.id)).attempt).toBe(2);
  expect(await (await fetch(`${killed.baseUrl}/metrics`)).text()).toMatch(/^mediclip_engine_restarts_total 1$/m);
  await killed.killTree();

  const impatient = await start(stopped.dataDir);
  await trainedFor(impatient.client, job, steps - 3);
  const second = await impatient.enginePid();
  impatient.signal('SIGTERM');
  await until(() => impatient.log.find(({ msg }) => msg === 'stopping'));
  impatient.signal('SIGTERM');
  expect(await impatient.ended).toBe(130);
  expect(impatient.log.some(({ msg }) => msg === 'stopped')).toBe(false);
  await until(() => (isAlive(second) ? undefined : true));

  const service = await start(stopped.dataDir);
  const disturbed = await modelOf(service.client, job);
  expect((await service.client.getJob(job.id)).attempt).toBe(4);
  await until(() => (readdirSync(path.join(service.dataDir, 'work')).length === 0 ? true : undefined));

  const undisturbed = await modelOf(service.client, await adapt(service.client));
  expect(made(disturbed)).toEqual(made(undisturbed));
  expect(await service.stop()).toBe(0);
}, 240_000);

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
