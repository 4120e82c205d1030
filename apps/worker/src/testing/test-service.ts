import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { crc32, deflateSync } from 'node:zlib';
import { afterAll } from '@jest/globals';
import {
  type AdaptationOptionsInput,
  type Image,
  isFinal,
  type Job,
  jobKindSchema,
  resolveAdaptationOptions,
} from '@mediclip/contracts';
import type { DicomwebSettings } from '@mediclip/dicomweb';
import { ImagingPool } from '@mediclip/imaging';
import { type JobQueue, openEmbeddedJobQueue, openEmbeddedScoreChannel, type ScoreChannel } from '@mediclip/queue';
import {
  type ImageContent,
  type ImageDescription,
  type JobRequest,
  newId,
  openStore,
  type Store,
  type TenantStore,
} from '@mediclip/store';
import { temporaryFolder, until } from '@mediclip/testing';
import { webhookKind } from '@mediclip/webhooks';
import pino from 'pino';
import { Registry } from 'prom-client';
import type { WorkerEngine } from '../dependencies.js';
import { startWorker, type Worker } from '../worker.js';
import { FakeEngine } from './fake-engine.js';

const examples = fileURLToPath(new URL('../../../../examples/brain-mri/', import.meta.url));

/** All images of a test are of one upload, so that they are in the order in which it makes them. */
const uploadId = newId();
let files = 0;
const longMs = 3_600_000;
const otherProcessesMs = 50;

/** A worker of a test, with all that it was started with. */
export interface TestWorker<E extends WorkerEngine = FakeEngine> {
  readonly worker: Worker;
  readonly engine: E;
  readonly jobQueue: JobQueue;
  readonly scoreChannel: ScoreChannel;
  readonly registry: Registry;
  readonly workFolder: string;
  /** Errors that attempts ended with in the queue. */
  readonly queueErrors: Error[];
  /** What the worker's log warned of. */
  readonly warnings: string[];
}

/** One pool of threads for all services of a test file: a thread takes longer to load than most tests take. */
let pool: Promise<ImagingPool> | undefined;

afterAll(async () => (await pool)?.close());

/** A store in a folder of its own, with what a test does to it; workers come and go. */
export class TestService {
  readonly store: Store;
  readonly tenant: TenantStore;
  readonly workFolder = temporaryFolder();
  /** The settings of the workers that are started from now on. */
  settings = {
    jobConcurrency: 1,
    privateWebhooks: true,
    dicomweb: { servers: [] } as DicomwebSettings,
    maximumImageBytes: 2 ** 20,
    datasetImages: 1000,
    // Workers of a test have queues of their own: none is to recover what another one works on.
    recoverEveryMs: longMs,
  };
  readonly #pool: ImagingPool;
  readonly #started: Pick<TestWorker, 'worker' | 'jobQueue' | 'scoreChannel'>[] = [];

  private constructor(
    readonly storeUrl: string,
    pool: ImagingPool,
  ) {
    this.store = openStore(storeUrl);
    this.tenant = this.store.tenant('clinic');
    this.#pool = pool;
  }

  static async start(storeUrl = `file://${temporaryFolder()}`): Promise<TestService> {
    pool ??= ImagingPool.start({ threads: 1 });
    return new TestService(storeUrl, await pool);
  }

  /** Starts a worker with a queue of its own, as another process tree would have. */
  async startWorker(): Promise<TestWorker> {
    return this.startWorkerOn(new FakeEngine());
  }

  async startWorkerOn<E extends WorkerEngine>(engine: E, { jobTimeoutMs = longMs } = {}): Promise<TestWorker<E>> {
    const queueErrors: Error[] = [];
    const warnings: string[] = [];
    const kinds = [...jobKindSchema.options, webhookKind];
    const jobQueue = openEmbeddedJobQueue({ kinds, retryDelayMs: 1, onError: (error) => queueErrors.push(error) });
    const scoreChannel = openEmbeddedScoreChannel();
    const registry = new Registry();
    const { store, workFolder } = this;
    const worker = await startWorker({
      store,
      jobQueue,
      scoreChannel,
      engine,
      imagingPool: this.#pool,
      logger: pino({ level: 'warn' }, { write: (line: string) => warnings.push(JSON.parse(line).msg) }),
      registry,
      settings: { ...this.settings, workFolder, cacheFolder: temporaryFolder(), jobTimeoutMs },
    });
    this.#started.push({ worker, jobQueue, scoreChannel });
    return { worker, engine, jobQueue, scoreChannel, registry, workFolder, queueErrors, warnings };
  }

  /** Starts a worker, which must fail; how many score servers it has opened and closed. */
  async startInVain(engine: FakeEngine, jobQueue: JobQueue): Promise<{ opened: number; closed: number }> {
    const counts = { opened: 0, closed: 0 };
    const scoreChannel = openEmbeddedScoreChannel();
    const counting: ScoreChannel = {
      request: (...given) => scoreChannel.request(...given),
      close: () => scoreChannel.close(),
      async serve(...given) {
        counts.opened++;
        const server = await scoreChannel.serve(...given);
        return {
          ...server,
          close: () => {
            counts.closed++;
            return server.close();
          },
        };
      },
    };
    const start = startWorker({
      store: this.store,
      jobQueue,
      scoreChannel: counting,
      engine,
      imagingPool: this.#pool,
      logger: pino({ level: 'silent' }),
      registry: new Registry(),
      settings: {
        ...this.settings,
        workFolder: this.workFolder,
        cacheFolder: temporaryFolder(),
        jobTimeoutMs: longMs,
      },
    });
    await start.then(
      () => Promise.reject(new Error('The worker has started.')),
      () => undefined,
    );
    return counts;
  }

  /** Resolves once the engine holds a score. */
  async holding(engine: FakeEngine): Promise<void> {
    await until(() => (engine.isHolding ? true : undefined));
  }

  async stop(): Promise<void> {
    for (const { worker, jobQueue, scoreChannel } of this.#started) {
      await worker.stop(0);
      await Promise.all([jobQueue.close(), scoreChannel.close()]);
    }
    await this.store.close();
  }

  /** A data set with so many images of the examples. */
  async dataset(counts: { train?: number; normal?: number; abnormal?: number } = {}): Promise<string> {
    const { id } = await this.tenant.datasets.create({ name: 'Brain MRI' });
    await this.upload(id, counts);
    return id;
  }

  async upload(
    datasetId: string,
    { train = 0, normal = 0, abnormal = 0 }: { train?: number; normal?: number; abnormal?: number },
  ): Promise<Image[]> {
    return [
      ...(await this.#uploadFolder(datasetId, 'train', 'normal', train)),
      ...(await this.#uploadFolder(datasetId, 'test', 'normal', normal)),
      ...(await this.#uploadFolder(datasetId, 'test', 'abnormal', abnormal)),
    ];
  }

  /** An image as it is scored, [side, side, 3]. */
  async prepared(datasetId: string, imageId: string, side: number): Promise<Uint8Array> {
    const image = await this.tenant.images.get(datasetId, imageId);
    const bytes = await this.tenant.images.bytes(image);
    return (await this.#pool.frame(bytes, { prepared: { side, kind: 'test' } })).prepared.data;
  }

  /** The pixels of an example (`train/normal`, counted from 0) in a file of its own bytes. */
  async addPixelCopy(datasetId: string, index: number, split: Image['split'], label: Image['label']): Promise<Image> {
    const folder = path.join(examples, 'train', 'normal');
    const name = (await readdir(folder)).sort()[index]!;
    const bytes = Buffer.concat([readFileSync(path.join(folder, name)), Buffer.from('behind the end')]);
    return this.#addImage(datasetId, description(`copy-${name}`, split, label), { bytes });
  }

  /** A training image of RGB pixels, [240, 240, 3]. */
  addPicture(datasetId: string, rgb: (x: number, y: number) => readonly [number, number, number]): Promise<Image> {
    return this.#addImage(datasetId, description(`${files}.bmp`, 'train', 'normal'), { bytes: bitmap(rgb) });
  }

  /** An image whose bytes are none. */
  addDamagedImage(datasetId: string, split: Image['split'] = 'test'): Promise<Image> {
    const bytes = new TextEncoder().encode('no image');
    return this.#addImage(datasetId, description('damaged.png', split, 'normal'), { bytes });
  }

  /** An image of 64 x 64 values that are stored as `pixels` says. */
  addDeepImage(
    datasetId: string,
    value: (x: number, y: number) => number,
    pixels: NonNullable<Image['pixels']>,
    { split = 'train', label = 'normal' }: Partial<Pick<Image, 'split' | 'label'>> = {},
  ): Promise<Image> {
    const [width, height] = [64, 64];
    const numbers = Uint16Array.from({ length: width * height }, (_, i) =>
      Math.round((value(i % width, Math.floor(i / width)) - pixels.intercept) / pixels.slope),
    );
    const described = { ...description('slice.dcm', split, label), format: 'dicom' as const, width, height, pixels };
    return this.#addImage(datasetId, described, { bytes: deepPng(width, height, numbers) });
  }

  /** Creates a job and hands it to the queue. */
  async submit(jobQueue: JobQueue, asked: JobRequest): Promise<string> {
    const { job } = await this.tenant.jobs.create(asked);
    await jobQueue.enqueue({ tenant: this.tenant.tenant, jobId: job.id, kind: job.kind }, { maxDepth: 100 });
    return job.id;
  }

  adapt(jobQueue: JobQueue, datasetId: string, options: AdaptationOptionsInput = {}): Promise<string> {
    const resolved = resolveAdaptationOptions({ shots: 3, ...options });
    return this.submit(jobQueue, { kind: 'adaptation', request: { datasetId, options: resolved } });
  }

  /** A model on a data set of its own. */
  async model({ jobQueue }: Pick<TestWorker, 'jobQueue'>, options: AdaptationOptionsInput = {}): Promise<string> {
    const job = await this.ended(await this.adapt(jobQueue, await this.dataset({ train: 3 }), options));
    if (job.kind !== 'adaptation' || !job.result) throw new Error(`No model: ${JSON.stringify(job.error)}`);
    return job.result.modelId;
  }

  async cancel(jobQueue: JobQueue, jobId: string): Promise<void> {
    const { job } = await this.tenant.jobs.requestCancel(jobId);
    await jobQueue.cancel({ tenant: this.tenant.tenant, jobId, kind: job.kind });
  }

  /** The job once it has ended. */
  ended(jobId: string): Promise<Job> {
    return this.when(jobId, ({ state }) => isFinal(state));
  }

  /** The job once it is as wanted. It is looked at when it changes, and now and then for what other processes write. */
  async when(jobId: string, wanted: (job: Job) => boolean): Promise<Job> {
    for (;;) {
      const changed = new AbortController();
      const stopListening = this.store.onJobEvents((event) => event.jobId === jobId && changed.abort());
      try {
        const { job } = await this.tenant.jobs.get(jobId);
        if (wanted(job)) return job;
        await pause(otherProcessesMs, undefined, { signal: changed.signal }).catch(() => undefined);
      } finally {
        stopListening();
      }
    }
  }

  async #addImage(datasetId: string, described: ImageDescription, content: ImageContent): Promise<Image> {
    const image = await this.#prepare(datasetId, described, content);
    await this.tenant.images.commit(datasetId, [image]);
    return image;
  }

  #prepare(datasetId: string, described: ImageDescription, content: ImageContent): Promise<Image> {
    return this.tenant.images.prepare(datasetId, described, content, { uploadId, file: files++, frame: 0 });
  }

  async #uploadFolder(
    datasetId: string,
    split: Image['split'],
    label: Image['label'],
    count: number,
  ): Promise<Image[]> {
    const images: Image[] = [];
    const folder = path.join(examples, split, label);
    for (const name of (await readdir(folder)).sort().slice(0, count)) {
      const mask = label === 'abnormal' && {
        mask: { bytes: readFileSync(path.join(examples, 'masks', name)), ...size },
      };
      const content = { bytes: readFileSync(path.join(folder, name)), ...mask };
      images.push(await this.#prepare(datasetId, description(name, split, label), content));
    }
    if (images.length > 0) await this.tenant.images.commit(datasetId, images);
    return images;
  }
}

/** A PNG of 16-bit greys (PNG specification, 11.2). */
function deepPng(width: number, height: number, numbers: Uint16Array): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    const named = Buffer.concat([Buffer.from(type), data]);
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(named));
    return Buffer.concat([length, named, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 16;
  const rows = Buffer.alloc(height * (1 + 2 * width));
  for (const [i, number] of numbers.entries()) {
    rows.writeUInt16BE(number, Math.floor(i / width) * (1 + 2 * width) + 1 + 2 * (i % width));
  }
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const chunks = [chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([signature, ...chunks]);
}

const size = { width: 240, height: 240 };

/** A Windows bitmap of 24 bits, `size` large. */
function bitmap(rgb: (x: number, y: number) => readonly [number, number, number]): Buffer {
  const { width, height } = size;
  const bytes = Buffer.alloc(54 + width * height * 3);
  bytes.write('BM');
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(-height, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  for (let i = 0; i < width * height; i++) {
    const [red, green, blue] = rgb(i % width, Math.floor(i / width));
    bytes.set([blue, green, red], 54 + 3 * i);
  }
  return bytes;
}

function description(fileName: string, split: Image['split'], label: Image['label']): ImageDescription {
  return { fileName, split, label, format: 'png', mediaType: 'image/png', ...size, notes: [] };
}
