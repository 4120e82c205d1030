import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { jobKindSchema } from '@mediclip/contracts';
import { type Device, Engine } from '@mediclip/engine';
import { livingFolders, ProcessFolder, removeDeadFolders } from '@mediclip/files';
import { ImagingPool } from '@mediclip/imaging';
import { type JobQueue, openEmbeddedJobQueue, openEmbeddedScoreChannel, type ScoreChannel } from '@mediclip/queue';
import { openStore, type Store } from '@mediclip/store';
import { webhookKind } from '@mediclip/webhooks';
import { startWorker, type Worker } from '@mediclip/worker';
import type { Logger } from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Settings } from '../settings/settings.js';
import { UsageError } from '../usage-error.js';
import { boundedErrors } from './bounded-errors.js';
import { openLogger } from './open-logger.js';

const kinds = [...jobKindSchema.options, webhookKind];

/** What a test alters of a process that no setting does. */
export interface Alterations {
  /** What the engine computes with; the product's own module without. */
  readonly computeModule?: URL;
  /** How long a worker may be silent before its jobs go to others, where they wait in Redis. */
  readonly lockMs?: number;
}

/** What every process of the service works with. */
export interface Parts {
  readonly settings: Settings;
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly store: Store;
  readonly jobQueue: JobQueue;
  readonly scoreChannel: ScoreChannel;
  readonly imaging: ImagingPool;
}

/**
 * Claims the data folder, and that of the store where it is another: for one `mediclip serve` alone, or for API and
 * workers on Redis together, for two queues would hand out the same jobs. Throws a UsageError when it is taken. The
 * claim ends with the process, however that ends.
 */
export async function claimFolders({ dataDir, storeUrl }: Settings, role: 'serve' | 'api' | 'worker'): Promise<Claim> {
  const folders = new Set([dataDir, ...(storeUrl.startsWith('file:///') ? [fileURLToPath(storeUrl)] : [])]);
  const claimed: ProcessFolder[] = [];
  const release = async () => {
    for (const own of claimed) await own.remove();
  };
  for (const folder of folders) {
    const parent = path.join(folder, '.store', 'processes');
    const own = await ProcessFolder.make(parent, role);
    claimed.push(own);
    await removeDeadFolders(parent);
    const others = (await livingFolders(parent)).filter((other) => other.path !== own.path);
    const other = others.find(({ purpose }) => role === 'serve' || purpose === 'serve');
    if (other === undefined) continue;
    await release();
    throw new UsageError(
      `A \`mediclip ${other.purpose}\` works on the folder ${folder} already: stop it, give this one a MEDICLIP_DATA_DIR of its own, or start \`mediclip api\` and \`mediclip worker\` on one Redis.`,
    );
  }
  return { release };
}

/** The right to work on the folders of the service. */
export interface Claim {
  release(): Promise<void>;
}

/** Opens the parts that the settings ask for: Redis with `MEDICLIP_REDIS_URL`, all in this process without. */
export async function openParts(settings: Settings, alterations: Alterations): Promise<Parts> {
  const logger = openLogger(settings.logLevel);
  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics });
  const onError = boundedErrors(logger);
  const { threads, ...limits } = settings.images;
  const { niceness } = settings;
  const { decodingBytes } = settings.memory;
  const store = openStore(settings.storeUrl);
  await store.check();
  const { jobQueue, scoreChannel } = await openQueue(settings, store, onError, alterations);
  // Where the queue cannot tell of it, those who follow a job read its record now and then.
  store.onJobEvents(({ jobId }) => void jobQueue.announce(jobId).catch(() => undefined));
  return {
    settings,
    logger,
    metrics,
    store,
    jobQueue,
    scoreChannel,
    imaging: await ImagingPool.start({ threads, limits, decodingBytes, niceness }),
  };
}

/** The driver that the settings ask for; the one on Redis is only loaded then. */
async function openQueue(
  { redisUrl, redisPrefix }: Settings,
  store: Store,
  onError: (error: Error) => void,
  { lockMs }: Alterations,
): Promise<Pick<Parts, 'jobQueue' | 'scoreChannel'>> {
  if (redisUrl === undefined) {
    return { jobQueue: openEmbeddedJobQueue({ kinds, onError }), scoreChannel: openEmbeddedScoreChannel() };
  }
  const { openRedisJobQueue, openRedisScoreChannel } = await import('@mediclip/queue/redis');
  const redis = { url: redisUrl, prefix: redisPrefix, onError };
  return {
    jobQueue: await openRedisJobQueue({
      ...redis,
      kinds,
      storeId: await store.identity(),
      ...(lockMs !== undefined && { lockMs }),
    }),
    scoreChannel: await openRedisScoreChannel(redis),
  };
}

/** Closes what `openParts` has opened. */
export async function closeParts({ jobQueue, scoreChannel, imaging, store }: Parts): Promise<void> {
  await Promise.all([jobQueue.close(), scoreChannel.close(), imaging.close()]);
  await store.close();
}

/** Starts the engine and a worker on it. The start says which provider really loaded. */
export async function openWorker(parts: Parts, { computeModule }: Alterations): Promise<Worker> {
  const { settings, metrics, imaging } = parts;
  const { dataDir, device, precision, fusedAttention, featureCacheBytes, engineThreads, niceness, modelsDir } =
    settings;
  const { jobConcurrency, jobTimeoutMs, shutdownGraceMs } = settings;
  const engine = await Engine.start({
    device: device as Device,
    precision,
    fusedAttention,
    featureCacheBytes,
    modelsFolder: modelsDir,
    threads: engineThreads,
    niceness,
    timing: { ...settings.engine, stopGraceMs: shutdownGraceMs / 2 },
    ...(computeModule && { computeModule }),
  });
  return startWorker({
    ...parts,
    engine,
    imagingPool: imaging,
    registry: metrics,
    settings: {
      workFolder: path.join(dataDir, 'work'),
      cacheFolder: await temporaryCacheFolder(),
      jobConcurrency,
      jobTimeoutMs,
      privateWebhooks: settings.privateWebhooks,
      ...(settings.retentionMs !== undefined && { retentionMs: settings.retentionMs }),
      dicomweb: settings.dicomweb,
      maximumImageBytes: settings.images.maximumBytes,
      datasetImages: settings.datasetImages,
    },
  });
}

/**
 * A folder of this process alone for fetched models, which any worker can fetch again; those of processes that died go.
 */
async function temporaryCacheFolder(): Promise<string> {
  const parent = path.join(tmpdir(), 'mediclip-models');
  await removeDeadFolders(parent);
  const folder = await ProcessFolder.make(parent, 'models');
  process.on('exit', () => rmSync(folder.path, { recursive: true, force: true }));
  return path.join(folder.path, 'cache');
}
