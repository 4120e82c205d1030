import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import type { Settings } from '@mediclip/api';
import { type Device, Engine } from '@mediclip/engine';
import { ImagingPool } from '@mediclip/imaging';
import {
  type JobQueue,
  openEmbeddedJobQueue,
  openEmbeddedScoreChannel,
  openRedisJobQueue,
  openRedisScoreChannel,
  type ScoreChannel,
} from '@mediclip/queue';
import { openStore, type Store } from '@mediclip/store';
import { startWorker, type Worker } from '@mediclip/worker';
import { type Logger, pino } from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';

const kinds = ['adaptation', 'scoring', 'evaluation', 'calibration'];

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

/** Opens the parts that the settings ask for: Redis with `MEDICLIP_REDIS_URL`, all in this process without. */
export async function openParts(settings: Settings): Promise<Parts> {
  const logger = pino({ level: settings.logLevel });
  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics });
  const onError = (err: Error) => logger.error({ err }, err.message);
  const { redisUrl } = settings;
  const { threads, ...limits } = settings.images;
  const store = openStore(settings.storeUrl);
  await store.check();
  return {
    settings,
    logger,
    metrics,
    store,
    jobQueue:
      redisUrl === undefined
        ? openEmbeddedJobQueue({ kinds, onError })
        : await openRedisJobQueue({ url: redisUrl, kinds, onError }),
    scoreChannel:
      redisUrl === undefined ? openEmbeddedScoreChannel() : await openRedisScoreChannel({ url: redisUrl, onError }),
    imaging: await ImagingPool.start({ threads, limits }),
  };
}

export async function closeParts({ jobQueue, scoreChannel, imaging, store }: Parts): Promise<void> {
  await Promise.all([jobQueue.close(), scoreChannel.close(), imaging.close()]);
  await store.close();
}

/** Starts the engine and a worker on it. The start says which provider really loaded. */
export async function openWorker(parts: Parts): Promise<Worker> {
  const { settings, metrics, imaging } = parts;
  const { dataDir, device, precision, fusedAttention, modelsDir, jobConcurrency, shutdownGraceMs } = settings;
  const engine = await Engine.start({
    device: device as Device,
    precision,
    fusedAttention,
    modelsFolder: modelsDir,
    threads: availableParallelism(),
    timing: { stopGraceMs: shutdownGraceMs / 2 },
  });
  return startWorker({
    ...parts,
    engine,
    imagingPool: imaging,
    registry: metrics,
    settings: {
      workFolder: path.join(dataDir, 'work'),
      cacheFolder: temporaryCacheFolder(),
      jobConcurrency,
    },
  });
}

/** A folder of this process alone for fetched models, which any worker can fetch again; removed when the process exits. */
function temporaryCacheFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'mediclip-models-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
