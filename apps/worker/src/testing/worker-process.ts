/**
 * A worker with the real engine in a process of its own, for tests that kill it. Arguments: URL of the store, work
 * folder.
 */
import path from 'node:path';
import { jobKindSchema } from '@mediclip/contracts';
import { Engine } from '@mediclip/engine';
import { ImagingPool } from '@mediclip/imaging';
import { openEmbeddedJobQueue, openEmbeddedScoreChannel } from '@mediclip/queue';
import { openStore } from '@mediclip/store';
import { webhookKind } from '@mediclip/webhooks';
import pino from 'pino';
import { Registry } from 'prom-client';
import { startWorker } from '../worker.js';

const [storeUrl = '', workFolder = ''] = process.argv.slice(2);
const logger = pino({ level: 'warn' });
await startWorker({
  store: openStore(storeUrl),
  jobQueue: openEmbeddedJobQueue({
    kinds: [...jobKindSchema.options, webhookKind],
    onError: (err) => logger.error({ err }),
  }),
  scoreChannel: openEmbeddedScoreChannel(),
  engine: await Engine.start({ device: 'cpu', threads: 1, synthesisThreads: 1 }),
  imagingPool: await ImagingPool.start({ threads: 1 }),
  logger,
  registry: new Registry(),
  settings: {
    workFolder,
    cacheFolder: path.join(workFolder, 'models'),
    jobConcurrency: 1,
    jobTimeoutMs: 3_600_000,
    privateWebhooks: true,
    dicomweb: { servers: [] },
    maximumImageBytes: 2 ** 20,
    datasetImages: 1000,
  },
});
