import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fileAt, MediclipClient } from '@mediclip/client';
import { findRedis, freePort, s3Credentials, startS3Server, temporaryFolder, whyNoS3Server } from '@mediclip/testing';
import { exampleImages } from '../testing/example-set.js';
import { mediclip, type RunningMediclip, startMediclip } from '../testing/run-mediclip.js';
import { readCompose } from './testing/compose-file.js';
import { objectsOf, whyNoKubectl } from './testing/kubernetes-file.js';
import { startRedisService } from './testing/redis-service.js';

const top = fileURLToPath(new URL('../../../../', import.meta.url));
const hasRedis = (await findRedis()) !== null;
const onRedis = hasRedis ? describe : describe.skip;
// Engines of several tests share the cores: one thread computes, as `WORKER_CPUS` says.
const { services } = readCompose({ WORKER_CPUS: '1' });
const whyNotOnKubernetes = whyNoKubectl ?? whyNoS3Server();
if (whyNotOnKubernetes)
  console.warn(`SKIPPED: the overlay for Kubernetes as processes, because ${whyNotOnKubernetes}.`);
const quick = {
  shots: 2,
  training: { batchSize: 1, heldOutSamples: 0, selection: 'last' },
  scoring: { memoryPatches: 64 },
} as const;

/** A service of the compose file as a process of this machine. */
interface Service {
  readonly environment: Record<string, string>;
  readonly process: RunningMediclip;
}

onRedis('the services of the compose file, started as processes', () => {
  const folder = temporaryFolder();
  const secrets = path.join(folder, 'secrets');
  const data = path.join(folder, 'data');
  const redisData = path.join(folder, 'redis');
  let redis: Awaited<ReturnType<typeof startRedisService>>;
  let api: Service;
  let worker: Service;
  let client: MediclipClient;
  let apiKey: string;
  let s3: Awaited<ReturnType<typeof startS3Server>> | undefined;

  /** Starts a command with its environment, in which only places are those of this machine. */
  async function start(command: readonly string[], given: Readonly<Record<string, string>>): Promise<Service> {
    const places = (value: string) =>
      value
        .replace(/\/run\/secrets(\/mediclip)?/, secrets)
        .replace('redis://redis:6379', `redis://127.0.0.1:${redis.port}`)
        .replace('http://s3:7070', s3?.endpoint ?? '')
        .replace(/(?<=^|\/\/)\/data$/, data);
    const environment = Object.fromEntries(Object.entries(given).map(([key, value]) => [key, places(value)]));
    for (const name of ['MEDICLIP_PORT', 'MEDICLIP_OPERATIONS_PORT']) environment[name] = String(await freePort());
    const process = startMediclip(command, environment);
    await process.event(({ msg }) => msg === 'ready');
    return { environment, process };
  }

  const urlOf = ({ environment }: Service) => `http://127.0.0.1:${environment.MEDICLIP_PORT}`;
  const operationsOf = ({ environment }: Service) => `http://127.0.0.1:${environment.MEDICLIP_OPERATIONS_PORT}`;

  beforeAll(async () => {
    for (const made of [data, redisData]) mkdirSync(made);
    const command = services.secrets!.command.map((part) => part.replace('/run/secrets', secrets));
    const { stdout } = await mediclip(command);
    apiKey = stdout.trim();
    expect(await mediclip(command)).toEqual({ end: 0, stdout: '', stderr: '' });
    redis = await startRedisService({ data: redisData, secrets });
    const ofCompose = (name: string) => start(services[name]!.command, services[name]!.environment!);
    [api, worker] = await Promise.all([ofCompose('api'), ofCompose('worker')]);
    client = new MediclipClient({ baseUrl: urlOf(api), apiKey });
  });
  afterAll(async () => {
    for (const service of [api, worker]) service?.process.child.kill('SIGKILL');
    await s3?.stop();
    redis?.child.kill('SIGKILL');
  });

  test('are healthy by the health check of the compose file', () => {
    for (const [name, { environment }] of Object.entries({ api, worker })) {
      const [, program, ...args] = services[name]!.healthcheck!.test!;
      const check = (port: string) =>
        spawnSync(program!, args, { cwd: top, env: { ...process.env, ...environment, MEDICLIP_OPERATIONS_PORT: port } })
          .status;
      expect(check(environment.MEDICLIP_OPERATIONS_PORT!)).toBe(0);
      expect(check('1')).toBe(1);
    }
  });

  test('adapt, score and cancel', async () => {
    const { id: datasetId } = await client.createDataset({ name: 'Brain MRI' });
    const normal = exampleImages('train/normal', 4).map(
      (file) => ({ ...fileAt(file), split: 'train', label: 'normal' }) as const,
    );
    const { outcomes } = await client.uploadImages(datasetId, normal);
    expect(outcomes).toHaveLength(4);

    const training = { ...quick.training, epochs: 1 };
    const { modelId } = await client.waitForResult(await client.createAdaptation({ ...quick, datasetId, training }));
    const { results } = await client.scoreImages(modelId, exampleImages('test/abnormal', 1).map(fileAt));
    expect(results).toEqual([expect.objectContaining({ score: expect.any(Number) })]);

    const long = await client.createAdaptation({ ...quick, datasetId, training: { ...training, epochs: 1000 } });
    for await (const event of client.jobEvents(long.id)) if (event.type === 'progress') break;
    await client.cancelJob(long.id);
    expect((await client.waitForJob(long.id)).state).toBe('cancelled');
  });

  test('have every metric of docs/operations.md between them', async () => {
    const guide = readFileSync(path.join(top, 'docs', 'operations.md'), 'utf8');
    const listed = [...guide.matchAll(/^\| `(mediclip_\w+)/gm)].map(([, name]) => name);
    const pages = await Promise.all(
      [api, worker].map(async (service) => (await fetch(`${operationsOf(service)}/metrics`)).text()),
    );
    const found = [...pages.join('\n').matchAll(/^# TYPE (mediclip_\w+)/gm)].map(([, name]) => name);
    expect([...new Set(found)].sort()).toEqual(listed.sort());
  });

  test('tell of their parts and metrics on the operations port alone', async () => {
    const publicly = async (page: string) => {
      const response = await fetch(`${urlOf(api)}${page}`);
      return [response.status, await response.json()];
    };
    expect(await publicly('/readyz')).toEqual([200, { status: 'ready', checks: [] }]);
    expect(await publicly('/metrics')).toEqual([404, expect.objectContaining({ status: 404 })]);
    const details = await (await fetch(`${operationsOf(api)}/readyz`)).json();
    expect(details).toMatchObject({ checks: [{ name: 'store' }, { name: 'queue' }] });
  });

  test('let nobody in without a key', async () => {
    expect((await fetch(`${urlOf(api)}/v1/datasets`)).status).toBe(401);
  });

  test('end in order on SIGTERM', async () => {
    await endInOrder();
  });

  (whyNotOnKubernetes ? test.skip : test)('run as the overlay for Kubernetes runs them, on an S3 store', async () => {
    s3 = await startS3Server('mediclip');
    const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = s3Credentials;
    const credentials = `[default]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`;
    writeFileSync(path.join(secrets, 's3_credentials'), credentials);
    const objects = objectsOf('cpu');
    const settings = objects.find(({ kind }) => kind === 'ConfigMap')!.data!;
    const containerOf = (name: string) =>
      objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === name)!.spec.template.spec
        .containers[0];
    const run = (name: string) => {
      const { args, env } = containerOf(name);
      const own = Object.fromEntries(env.map(({ name: variable, value }) => [variable, value]));
      return start(args, { ...settings, ...own, MEDICLIP_REDIS_PREFIX: 'kubernetes' });
    };
    [api, worker] = await Promise.all([run('api'), run('worker')]);
    for (const [name, service] of Object.entries({ api, worker })) {
      const { startupProbe, livenessProbe, readinessProbe } = containerOf(name);
      for (const { httpGet } of [startupProbe, livenessProbe, readinessProbe]) {
        expect(httpGet.port).toBe('operations');
        expect((await fetch(`${operationsOf(service)}${httpGet.path}`)).status).toBe(200);
      }
    }
    client = new MediclipClient({ baseUrl: urlOf(api), apiKey });
    const { id: datasetId } = await client.createDataset({ name: 'Brain MRI' });
    await client.uploadImages(
      datasetId,
      exampleImages('test/normal', 2).map((file) => ({ ...fileAt(file), split: 'test', label: 'normal' }) as const),
    );
    const { auditId } = await client.waitForResult(await client.createAudit(datasetId));
    expect((await client.getAudit(auditId)).images).toEqual({ audited: 2, rejected: 0 });
    await endInOrder();
  });

  async function endInOrder() {
    for (const service of [worker, api]) service.process.child.kill('SIGTERM');
    expect((await worker.process.finished).end).toBe(0);
    expect((await api.process.finished).end).toBe(0);
  }
});
