/** Sends what webhooks of a store are to be told of, until it is killed. Argument: the store's URL. */
import { openEmbeddedJobQueue } from '@mediclip/queue';
import { openStore } from '@mediclip/store';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { webhookKind } from '../entries.js';
import { startWebhooks } from '../start-webhooks.js';

const [storeUrl = ''] = process.argv.slice(2);
await startWebhooks({
  store: openStore(storeUrl),
  jobQueue: openEmbeddedJobQueue({ kinds: [webhookKind], onError: () => undefined }),
  logger: pino({ level: 'silent' }),
  registry: new Registry(),
  allowPrivate: true,
  resolve: async () => [{ address: '127.0.0.1', family: 4 }],
});
process.on('disconnect', () => process.exit());
