import { serviceVersion, type WebhookDelivery } from '@mediclip/contracts';
import type { JobHandler } from '@mediclip/queue';
import type { DueDelivery, Store } from '@mediclip/store';
import type { Logger } from 'pino';
import type { Counter } from 'prom-client';
import { pauseAfter } from './schedule.js';
import { type SendOptions, send } from './send.js';
import { signedHeaders } from './sign.js';

export interface DeliveryHandlerOptions extends SendOptions {
  readonly store: Store;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** Tries by what they came to: `delivered`, `retried`, `failed`. */
  readonly tries: Counter<'outcome'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How long an entry rests at most before its record is looked at again. */
  readonly longestRestMs: number;
}

/** Deliveries of one tenant at once, so that receivers who do not answer delay no other tenant's. */
const mostOfTenant = 4;
const busyRestMs = 250;

/** Makes the deliveries that the queue hands out: one try each time, written down before the entry rests or goes. */
export function deliveryHandler(options: DeliveryHandlerOptions): JobHandler {
  const underWay = new Map<string, number>();
  return async ({ tenant, jobId }, { signal }) => {
    const busy = underWay.get(tenant) ?? 0;
    if (busy >= mostOfTenant) return { outcome: 'return', delayMs: Math.min(busyRestMs, options.longestRestMs) };
    underWay.set(tenant, busy + 1);
    try {
      return await deliver(tenant, jobId, signal, options);
    } finally {
      const left = underWay.get(tenant)! - 1;
      if (left === 0) underWay.delete(tenant);
      else underWay.set(tenant, left);
    }
  };
}

async function deliver(
  tenant: string,
  deliveryId: string,
  signal: AbortSignal,
  { store, logger, tries, now, longestRestMs, ...sending }: DeliveryHandlerOptions,
): ReturnType<JobHandler> {
  const { webhooks } = store.tenant(tenant);
  const due = await webhooks.due(deliveryId);
  if (due === undefined) return { outcome: 'done' };
  const restMs = Date.parse(due.delivery.nextAttemptAt ?? due.delivery.at) - now();
  if (restMs > 0) return { outcome: 'return', delayMs: Math.min(restMs, longestRestMs) };

  const startedAt = now();
  const began = performance.now();
  const outcome = await attempt(due, startedAt, { ...sending, signal });
  signal.throwIfAborted();
  const { webhookId, event } = due.delivery;
  const tried = {
    at: new Date(startedAt).toISOString(),
    durationMs: Math.round(performance.now() - began),
    ...outcome,
  };
  const arrived = outcome.error === undefined;
  const pauseMs = arrived ? undefined : pauseAfter(due.tries);
  await webhooks.attempted(due.delivery, tried, { arrived, retryAfterMs: pauseMs });
  const fate = arrived ? 'delivered' : pauseMs === undefined ? 'failed' : 'retried';
  tries.inc({ outcome: fate });
  const told = { tenant, webhookId, deliveryId, event, status: outcome.status, error: outcome.error };
  if (fate === 'failed') logger.warn(told, 'webhook given up');
  else logger.info(told, `webhook ${fate}`);
  return pauseMs === undefined ? { outcome: 'done' } : { outcome: 'return', delayMs: Math.min(pauseMs, longestRestMs) };
}

/** One try: the status of the answer, and the sentence that says why it did not arrive. */
async function attempt(
  { delivery, url, secrets }: DueDelivery,
  atMs: number,
  options: SendOptions & { readonly signal: AbortSignal },
): Promise<{ readonly status?: number; readonly error?: string }> {
  const body = bodyOf(delivery);
  const headers = {
    'content-type': 'application/json',
    'user-agent': `mediclip/${serviceVersion}`,
    ...signedHeaders({ id: delivery.id, timestampSeconds: Math.floor(atMs / 1000), body, secrets }),
  };
  try {
    const status = await send(url, { headers, body }, options);
    return status >= 200 && status < 300 ? { status } : { status, error: `The receiver answered ${status}.` };
  } catch (error) {
    return { error: (error as Error).message || String((error as NodeJS.ErrnoException).code) };
  }
}

function bodyOf({ event, at, data }: WebhookDelivery): string {
  return JSON.stringify({ type: event, timestamp: at, data });
}
