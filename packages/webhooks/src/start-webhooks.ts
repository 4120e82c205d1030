import { type JobQueue, sharedMetric } from '@mediclip/queue';
import type { Store } from '@mediclip/store';
import type { Logger } from 'pino';
import { Counter, type Registry } from 'prom-client';
import { type Resolve, resolveBySystem } from './addresses.js';
import { deliveryHandler } from './delivery-handler.js';
import { entryOf, recoverDeliveries, webhookKind } from './entries.js';

export interface WebhooksOptions {
  readonly store: Store;
  readonly jobQueue: JobQueue;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Whether receivers may be on the machine itself and in private networks. */
  readonly allowPrivate: boolean;
  /** Milliseconds since 1970; that of the store. */
  readonly now?: () => number;
  readonly resolve?: Resolve;
  readonly timeoutMs?: number;
  readonly longestRestMs?: number;
}

/** Deliveries that are under way. */
export interface Webhooks {
  /** Takes no more; tries that are still under way after `graceMs` are made again by whoever comes next. */
  stop(graceMs: number): Promise<void>;
}

const concurrency = 32;
const answerTimeoutMs = 10_000;
const longestRestMs = 3_600_000;
const recoverEveryMs = 60_000;

/** Sends what webhooks are to be told of, in this process, until it is stopped; any number of processes may. */
export async function startWebhooks({
  store,
  jobQueue,
  logger,
  registry,
  ...rest
}: WebhooksOptions): Promise<Webhooks> {
  const tries = sharedMetric(
    registry,
    'mediclip_webhook_tries_total',
    (name) =>
      new Counter({
        name,
        help: 'Tries to deliver events to webhooks, by what they came to: delivered, retried, failed (given up).',
        labelNames: ['outcome'],
        registers: [registry],
      }),
  );
  const handler = deliveryHandler({
    ...{ now: Date.now, resolve: resolveBySystem, timeoutMs: answerTimeoutMs, longestRestMs },
    ...rest,
    ...{ store, logger, tries },
  });
  const consumer = await jobQueue.consume(handler, {
    kinds: [webhookKind],
    concurrency,
    onDead: async ({ tenant, jobId }, reason) =>
      logger.warn({ tenant, deliveryId: jobId, reason }, 'delivery put off; it is recovered within a minute'),
  });
  const recover = () =>
    recoverDeliveries(store, jobQueue).catch((err: unknown) => logger.warn({ err }, 'deliveries were not recovered'));
  const stopListening = store.onDelivery(({ tenant, deliveryId }) => {
    jobQueue.recover([entryOf(tenant, deliveryId)]).catch((err: unknown) => logger.warn({ err }, 'a delivery waits'));
  });
  let recovering = recover();
  const timer = setInterval(() => {
    recovering = recover();
  }, recoverEveryMs).unref();
  return {
    async stop(graceMs) {
      clearInterval(timer);
      stopListening();
      await consumer.close({ graceMs });
      await recovering;
    },
  };
}
