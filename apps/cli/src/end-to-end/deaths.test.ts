import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { until } from '@mediclip/testing';
import { madeOf, quickOptions, readyModel, readyOptions, trainedFor, uploadExamples } from './testing/examples.js';
import { isAlive } from './testing/processes.js';
import { type ServiceProcess, startService } from './testing/service-process.js';

/** The API has a quarter of it for the requests that are under way, the worker the rest. */
const settings = { MEDICLIP_SHUTDOWN_GRACE_SECONDS: '8' };

/** Waits until a service has said something. */
const says = ({ log }: ServiceProcess, wanted: string) => until(() => log.find(({ msg }) => msg === wanted));

test('an adaptation whose process tree is killed, whose service is told to end twice, and whose engine is killed goes on after each to the bytes of an undisturbed one; a service that is told to end once gives it back, within its grace though a client keeps sending', async () => {
  const killed = await startService({ settings });
  const { dataDir } = killed;
  const datasetId = await uploadExamples(killed.client, { train: 4 });
  const job = await killed.client.createAdaptation({ datasetId, ...readyOptions });
  await trainedFor(killed.client, job, 1);
  await killed.killTree();

  const impatient = await startService({ settings, dataDir });
  await says(impatient, 'job taken up');
  const engine = await impatient.enginePid();
  impatient.signal('SIGTERM');
  await says(impatient, 'stopping');
  impatient.signal('SIGTERM');
  expect(await impatient.ended).toBe(130);
  expect(impatient.log.some(({ msg }) => msg === 'stopped')).toBe(false);
  await until(() => (isAlive(engine) ? undefined : true));

  const service = await startService({ settings, dataDir });
  const { client } = service;
  await until(async () => {
    const { attempt, progress } = await client.getJob(job.id);
    return attempt === 3 && progress?.phase !== 'loading' ? true : undefined;
  });
  process.kill(await service.enginePid(), 'SIGKILL');
  await says(service, 'engine replaced');
  expect(await (await fetch(`${service.baseUrl}/metrics`)).text()).toMatch(/^mediclip_engine_restarts_total 1$/m);
  const { modelId } = await client.waitForResult(job);
  expect((await client.getJob(job.id)).attempt).toBe(3);
  await until(() => (readdirSync(path.join(dataDir, 'work')).length === 0 ? true : undefined));
  const undisturbed = await client.getModel(await readyModel(client));
  expect(madeOf(await client.getModel(modelId))).toEqual(madeOf(undisturbed));

  const body = new ReadableStream({
    pull: (controller) => {
      controller.enqueue(new Uint8Array(1024));
      return new Promise(() => {});
    },
  });
  const upload = fetch(`${service.baseUrl}/v1/datasets/${datasetId}/archive`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body,
    duplex: 'half',
  } as RequestInit).catch(({ name }: Error) => name);
  await until(() => readdirSync(path.join(dataDir, 'tmp'))[0]);
  const late = await client.createAdaptation({ datasetId, ...quickOptions(1000) });
  await trainedFor(client, late, 1);
  const last = await service.enginePid();
  expect(await service.stop()).toBe(0);
  expect(await upload).toBe('TypeError');
  await says(service, 'job given back');
  expect(isAlive(last)).toBe(false);
}, 240_000);
