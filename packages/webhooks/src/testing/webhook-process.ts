/**
 * Announces changes of aliases to the tenant `a` of a store, sends what webhooks are to be told of, and says over IPC
 * what each try came to, until it is killed. Arguments: the store's URL, how many changes, and by how many
 * milliseconds its clock is ahead.
 */
import { openEmbeddedJobQueue } from '@mediclip/queue';
import { openStore } from '@mediclip/store';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { webhookKind } from '../entries.js';
import { startWebhooks } from '../start-webhooks.js';

const [storeUrl = '', events = '', aheadMs = ''] = process.argv.slice(2);
process.on('disconnect', () => process.exit());

const now = () => Date.now() + Number(aheadMs);
const store = openStore(storeUrl, { now });
const told = (line: string) => process.send?.(/webhook (\w+)/.exec((JSON.parse(line) as { msg: string }).msg)?.[1]);
await startWebhooks({
  store,
  jobQueue: openEmbeddedJobQueue({ kinds: [webhookKind], onError: () => undefined }),
  logger: pino({}, { write: told }),
  registry: new Registry(),
  allowPrivate: true,
  resolve: async () => [{ address: '127.0.0.1', family: 4 }],
  now,
  timeoutMs: 2000,
});
for (let nth = 0; nth < Number(events); nth++) {
  const event = {
    event: 'alias.changed' as const,
    at: new Date(now()).toISOString(),
    key: String(nth),
    once: true as const,
    data: { alias: `alias-${nth}`, modelId: null },
  };
  await store.tenant('a').webhooks.announce(event);
}
