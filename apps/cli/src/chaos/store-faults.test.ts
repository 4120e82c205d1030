import { randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ClientProblem, MediclipClient } from '@mediclip/client';
import {
  SmallDisk,
  s3Credentials,
  startFailingProxy,
  startS3Server,
  until,
  whyNoS3Server,
  whyNoSmallDisk,
} from '@mediclip/testing';
import { madeOf, readyModel, readyOptions, trainedFor, uploadExamples } from '../end-to-end/testing/examples.js';
import { type ServiceProcess, startService } from '../end-to-end/testing/service-process.js';
import { all } from './testing/all.js';

/** A store that can be made to fail and to work again, and how its failure is told. */
interface Failure {
  readonly problem: string;
  readonly reason: RegExp;
  readonly begin: () => void | Promise<void>;
  readonly end: () => void | Promise<void>;
}

const noDisk = whyNoSmallDisk();
const noS3 = whyNoS3Server();
if (noDisk) console.warn(`NOT RUN: the full disk and the unwritable folder, because ${noDisk}.`);
if (noS3) console.warn(`NOT RUN: the S3 store that answers 500, because ${noS3}.`);
const onDisk = noDisk ? describe.skip : describe;
const onS3 = noS3 ? describe.skip : describe;

onDisk('a store on a file system that', () => {
  let disk: SmallDisk;
  let service: ServiceProcess;

  beforeAll(async () => {
    disk = new SmallDisk(48);
    service = await startService({ settings: { MEDICLIP_STORE_URL: pathToFileURL(disk.folder).href } });
  }, 60_000);
  afterAll(async () => {
    await service?.stop();
    disk?.unmount();
  });

  test(
    'is full',
    () =>
      losesNothing(service, {
        problem: 'storage-full',
        reason: /disk is full \(ENOSPC/,
        begin: () => disk.fill(),
        end: () => disk.free(),
      }),
    120_000,
  );

  test(
    'cannot be written',
    () =>
      losesNothing(service, {
        problem: 'store-forbidden',
        reason: /cannot be used \(EROFS/,
        begin: () => disk.setWritable(false),
        end: () => disk.setWritable(true),
      }),
    120_000,
  );
});

// That a job outlives a whole minute of it is shown in less than one by apps/worker/src/jobs/store-outage.test.ts.
onS3('a store on S3 that', () => {
  let server: Awaited<ReturnType<typeof startS3Server>>;
  let proxy: Awaited<ReturnType<typeof startFailingProxy>>;
  let service: ServiceProcess;

  beforeAll(async () => {
    server = await startS3Server('mediclip');
    proxy = await startFailingProxy(server.endpoint);
    const mediclipStoreUrl = `s3://mediclip?endpoint=${proxy.endpoint}`;
    service = await startService({ settings: { ...s3Credentials, MEDICLIP_STORE_URL: mediclipStoreUrl } });
  }, 60_000);
  afterAll(async () => {
    proxy.state.failing = false;
    await service?.stop();
    proxy.close();
    await server.stop();
  });

  test(
    'answers 500 to everything',
    () =>
      losesNothing(service, {
        problem: 'store-unavailable',
        reason: /500/,
        begin: () => {
          proxy.state.failing = true;
        },
        end: () => {
          proxy.state.failing = false;
        },
      }),
    120_000,
  );
});

/** The problem that a call ends with, `undefined` when it succeeds. */
const problemOf = (call: Promise<unknown>): Promise<ClientProblem | undefined> =>
  call.then(
    () => undefined,
    (error: ClientProblem) => error,
  );

/**
 * Fails the store while an adaptation trains and until it has come to its end: the state is clear meanwhile, and
 * afterwards everything that was there is there, what was refused can be repeated, and the adaptation ends as if
 * nothing had happened.
 */
async function losesNothing({ baseUrl, client, log }: ServiceProcess, failure: Failure): Promise<void> {
  const impatient = new MediclipClient({ baseUrl, retryBudgetMs: 0 });
  const datasetId = await uploadExamples(client, { train: 4 });
  const undisturbed = await client.getModel(await readyModel(client));
  const images = await all(client.listImages(datasetId));

  const job = await client.createAdaptation({ datasetId, ...readyOptions });
  await trainedFor(client, job, 1);
  const before = log.length;
  await failure.begin();
  // A full disk may have room for a moment: a record that is replaced leaves some.
  const refused = await until(async () => {
    const idempotencyKey = randomUUID();
    const problem = await problemOf(impatient.createDataset({ name: 'Later' }, { idempotencyKey }));
    return problem && { idempotencyKey, problem };
  });
  expect(refused.problem.slug).toBe(failure.problem);
  const unready = await until(() => problemOf(impatient.getReadiness()));
  expect(unready.slug).toBe('not-ready');
  expect(JSON.stringify(unready.problem)).toMatch(failure.reason);
  await until(() => log.slice(before).find(({ msg }) => msg === 'job put off until the store is back'));

  await failure.end();
  await until(() => client.getReadiness().then(({ status }) => (status === 'ready' ? true : undefined)));
  expect((await client.createDataset({ name: 'Later' }, refused)).name).toBe('Later');
  expect(await all(client.listImages(datasetId))).toEqual(images);
  const { modelId } = await client.waitForResult(job);
  expect(madeOf(await client.getModel(modelId))).toEqual(madeOf(undisturbed));
}
