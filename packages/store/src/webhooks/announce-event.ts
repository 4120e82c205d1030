import type { WebhookData, WebhookDeliveryRecord, WebhookEvent } from '@mediclip/contracts';
import { RecordExists } from '../errors.js';
import { idFrom, timeOfId } from '../records/ids.js';
import { foldersOf } from '../records/pages.js';
import type { Tenant } from '../records/tenant.js';
import { PendingDeliveries } from './pending-deliveries.js';
import { deliveryDocuments, deliveryKey, webhookDocuments, webhookKey, webhooksFolder } from './webhook-record.js';

/** Something that webhooks may be told of. */
export interface AnnouncedEvent {
  readonly event: WebhookEvent;
  /** When it happened. */
  readonly at: string;
  /** Tells it from every other event of its type; the same event may be announced again and again, and is sent once. */
  readonly key: string;
  readonly data: WebhookData;
  /** The key alone tells the event from others, whenever it is said to have happened. */
  readonly once?: true;
}

/**
 * Makes a delivery for each webhook that asks for the event and was there when it happened, unless there is one
 * already. When this resolves, the event outlives the process.
 */
export async function announceEvent(tenant: Tenant, { event, at, key, data, once }: AnnouncedEvent): Promise<void> {
  const pending = new PendingDeliveries(tenant);
  const deliveries = deliveryDocuments(tenant);
  for await (const webhookId of foldersOf(tenant.objects, webhooksFolder(tenant))) {
    const webhook = (await webhookDocuments(tenant).read(webhookKey(tenant, webhookId)))?.value;
    if (!webhook?.events.includes(event) || webhook.createdAt > at) continue;
    const timeMs = once ? timeOfId(webhookId) : Date.parse(at);
    const id = idFrom(timeMs, JSON.stringify([webhookId, event, key]));
    const place = deliveryKey(tenant, webhookId, id);
    if ((await deliveries.read(place)) !== undefined) continue;
    const record: WebhookDeliveryRecord = {
      schemaVersion: 1,
      ...{ id, webhookId, event, at, data },
      state: 'pending',
      nextAttemptAt: at,
      attempts: [],
      tries: 0,
    };
    await pending.add(record);
    try {
      await deliveries.create(place, record);
    } catch (error) {
      if (!(error instanceof RecordExists)) throw error;
    }
    tenant.onDelivery(id);
  }
}
