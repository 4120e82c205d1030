import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { type Dataset, isFinal, type Job, jobKindSchema } from '@mediclip/contracts';
import { ImagingPool } from '@mediclip/imaging';
import { type JobQueue, openEmbeddedJobQueue, openEmbeddedScoreChannel, type ScoreChannel } from '@mediclip/queue';
import { newId, openStore, type Store, type TenantStore } from '@mediclip/store';
import { temporaryFolder } from '@mediclip/testing';
import { webhookKind } from '@mediclip/webhooks';
import type { FastifyInstance } from 'fastify';
import pino from 'pino';
import { Registry } from 'prom-client';
import type { Imaging, ServerDependencies, ServerSettings } from '../dependencies.js';
import { buildServer } from '../server.js';
import { bitmap } from './bitmaps.js';
import { assertDescribed, slugOf } from './contract.js';
import { FakeWorker } from './fake-worker.js';
import { testSettings } from './test-settings.js';

export interface TestOptions {
  readonly settings?: Partial<ServerSettings>;
  readonly dependencies?: Partial<ServerDependencies>;
  /** Without it jobs stay in the queue and nobody answers scores. */
  readonly worker?: boolean;
  /** Where the store and the server's own files are; a new folder without it. */
  readonly folder?: string;
  /** A free one without it. */
  readonly port?: number;
}

/** What a test sends. */
export interface TestRequest {
  readonly json?: unknown;
  readonly form?: FormData;
  readonly body?: string | Uint8Array | ReadableStream;
  readonly headers?: Readonly<Record<string, string>>;
  readonly key?: string;
}

/** An answer, already held against `openapi.yaml`. */
export interface TestAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects and fails when it is not there
  readonly json: any;
  /** Slug of the problem, when it is one. */
  readonly problem: string | undefined;
}

/**
 * The server on a socket of its own, over a store in a temporary folder, an embedded queue and a worker that computes
 * nothing.
 */
export class TestService {
  readonly store: Store;
  readonly jobQueue: JobQueue = openEmbeddedJobQueue({
    kinds: [...jobKindSchema.options, webhookKind],
    onError: (error) => this.queueErrors.push(error),
  });
  readonly scoreChannel: ScoreChannel = openEmbeddedScoreChannel();
  readonly registry = new Registry();
  readonly queueErrors: Error[] = [];
  /** Lines that the server logged. */
  readonly log: string[] = [];
  worker: FakeWorker | undefined;
  server!: FastifyInstance;
  url = '';

  private constructor(
    readonly imaging: Imaging,
    readonly folder: string,
  ) {
    this.store = openStore(pathToFileURL(path.join(folder, 'store')).href);
  }

  static async start({
    settings,
    dependencies,
    worker = true,
    folder = temporaryFolder(),
    port = 0,
  }: TestOptions = {}): Promise<TestService> {
    const service = new TestService(dependencies?.imaging ?? (await sharedPool()), folder);
    const { store, jobQueue, scoreChannel, registry: metrics, imaging, log } = service;
    store.onJobEvents(({ jobId }) => void jobQueue.announce(jobId).catch(() => undefined));
    const defaults = testSettings(path.join(folder, 'data'));
    const logger = pino({ level: 'trace' }, { write: (line: string) => void log.push(line) });
    service.server = await buildServer({
      store,
      jobQueue,
      scoreChannel,
      imaging,
      metrics,
      logger,
      ...dependencies,
      settings: { ...defaults, ...settings },
    });
    await service.server.listen({ host: '127.0.0.1', port });
    service.url = `http://127.0.0.1:${(service.server.server.address() as AddressInfo).port}`;
    if (worker) service.worker = await FakeWorker.start(service);
    return service;
  }

  /** What requests have left below the folder for temporary files. */
  get temporaryFiles(): string[] {
    const folder = path.join(this.folder, 'data', 'tmp');
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('upload-'));
  }

  /** Resolves when a line with this message stands in the log, from the line `begin` on. */
  async logged(message: string, begin = 0): Promise<void> {
    const isThere = () => this.log.slice(begin).some((line) => JSON.parse(line).msg === message);
    for (let waitedMs = 0; !isThere() && waitedMs < 5000; waitedMs += 10) await sleep(10);
    if (!isThere()) throw new Error(`Nothing was logged about: ${message}.`);
  }

  async stop(): Promise<void> {
    await this.server.close();
    await this.worker?.stop();
    await this.scoreChannel.close();
    await this.jobQueue.close();
    await this.store.close();
  }

  get tenant(): TenantStore {
    return this.store.tenant('default');
  }

  /** Sends a request and holds its answer against the contract. */
  async send(
    method: string,
    target: string,
    { json, form, body, headers, key }: TestRequest = {},
  ): Promise<TestAnswer> {
    const response = await fetch(this.url + target, {
      method,
      headers: {
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...headers,
      },
      body: (json !== undefined ? JSON.stringify(json) : (form ?? body)) ?? null,
      ...{ duplex: 'half' },
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const text = bytes.toString();
    const answer = { status: response.status, headers: response.headers, text };
    assertDescribed(method, target.split('?')[0]!, answer);
    const mediaType = response.headers.get('content-type') ?? '';
    const parsed = mediaType.includes('json') ? JSON.parse(text) : undefined;
    const hasProblem = mediaType.includes('problem') || (target.startsWith('/v2') && response.status >= 400);
    const problem = hasProblem ? slugOf(target, text) : undefined;
    return { ...answer, bytes, json: parsed, problem };
  }

  get(target: string, request?: TestRequest): Promise<TestAnswer> {
    return this.send('GET', target, request);
  }

  post(target: string, request?: TestRequest): Promise<TestAnswer> {
    return this.send('POST', target, request);
  }

  delete(target: string, request?: TestRequest): Promise<TestAnswer> {
    return this.send('DELETE', target, request);
  }

  /** A data set with `count` normal training images and two test images. */
  async dataset(count = 2, key?: string): Promise<Dataset> {
    const auth = key === undefined ? {} : { key };
    const { json } = await this.post('/v1/datasets', { json: { name: 'Test' }, ...auth });
    const form = formOf([
      ['split', 'train'],
      ['label', 'normal'],
      ...Array.from({ length: count }, (_, i): FormEntry => ['file', bitmap(16, 12, i), `${i}.bmp`]),
      ['split', 'test'],
      ['file', bitmap(16, 12, 100), 'normal.bmp'],
      ['label', 'abnormal'],
      ['file', bitmap(16, 12, 101), 'abnormal.bmp'],
      ['mask', bitmap(16, 12, 102), 'mask.bmp'],
    ]);
    await this.post(`/v1/datasets/${json.id}/images`, { form, ...auth });
    return (await this.get(`/v1/datasets/${json.id}`, auth)).json as Dataset;
  }

  /** The id of a model that was adapted to a new data set, and that data set. */
  async model(key?: string): Promise<{ modelId: string; dataset: Dataset; jobId: string }> {
    const auth = key === undefined ? {} : { key };
    const dataset = await this.dataset(2, key);
    const { json } = await this.post('/v1/adaptations', { json: { datasetId: dataset.id, shots: 2 }, ...auth });
    const job = await this.ended(json.id, key);
    return { modelId: (job as Extract<Job, { kind: 'adaptation' }>).result!.modelId, dataset, jobId: job.id };
  }

  /** The job once it has ended. */
  async ended(jobId: string, key?: string): Promise<Job> {
    const events = await fetch(`${this.url}/v1/jobs/${jobId}/events`, {
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    });
    await events.text();
    const { json } = await this.get(`/v1/jobs/${jobId}`, key === undefined ? {} : { key });
    if (!isFinal((json as Job).state)) throw new Error(`The events of the job ${jobId} ended before it did.`);
    return json as Job;
  }

  /** Every key of the store that belongs to a tenant, without its claims on idempotency keys. */
  async keys(): Promise<string[]> {
    const found = await this.store.objects.list('tenants/', { limit: 10_000 });
    return found.map(({ key }) => key);
  }
}

export type FormEntry = readonly [name: string, value: string | Uint8Array, fileName?: string];

/** A form of parts in this order. */
export function formOf(entries: readonly FormEntry[]): FormData {
  const form = new FormData();
  for (const [name, value, fileName] of entries) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, new Blob([value as Uint8Array<ArrayBuffer>]), fileName ?? 'file');
  }
  return form;
}

/** An id that nothing has. */
export const unknownId = newId;

/** A key that no two tests share. */
export function freshKey(): string {
  return randomBytes(12).toString('hex');
}

let pool: Promise<ImagingPool> | undefined;

/** One pool for all services of a test file. */
function sharedPool(): Promise<ImagingPool> {
  pool ??= ImagingPool.start({ threads: 1 });
  return pool;
}

export async function closeSharedPool(): Promise<void> {
  await (await pool)?.close();
  pool = undefined;
}
