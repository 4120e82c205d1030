import { pathToFileURL } from 'node:url';
import { jobKindSchema } from '@mediclip/contracts';
import { ImagingPool } from '@mediclip/imaging';
import { openEmbeddedJobQueue, openEmbeddedScoreChannel } from '@mediclip/queue';
import { openStore } from '@mediclip/store';
import { webhookKind } from '@mediclip/webhooks';
import pino from 'pino';
import { Registry } from 'prom-client';
import { buildServer } from '../server.js';
import { testSettings } from './test-settings.js';

/**
 * A server in a process of its own, which tells its parent where it listens and, when asked, its largest resident
 * memory. Argument: its data folder.
 */
const [dataDir = ''] = process.argv.slice(2);
const imaging = await ImagingPool.start({ threads: 2 });
const server = await buildServer({
  settings: testSettings(dataDir),
  imaging,
  store: openStore(pathToFileURL(dataDir).href),
  jobQueue: openEmbeddedJobQueue({
    kinds: [...jobKindSchema.options, webhookKind],
    onError: () => undefined,
  }),
  scoreChannel: openEmbeddedScoreChannel(),
  logger: pino({ level: 'silent' }),
  metrics: new Registry(),
});
await server.listen({ host: '127.0.0.1', port: 0 });

let largestBytes = 0;
setInterval(() => {
  largestBytes = Math.max(largestBytes, process.memoryUsage.rss());
}, 20);
process.on('message', () => process.send!({ largestBytes }));
process.on('disconnect', () => process.exit(0));
process.send!({ url: server.listeningOrigin });
