import { randomBytes } from 'node:crypto';
import type {
  Page,
  Webhook,
  WebhookAttempt,
  WebhookDelivery,
  WebhookDeliveryRecord,
  WebhookRecord,
  WebhookRequest,
  WebhookSecretRequest,
  WebhookWithSecret,
} from '@mediclip/contracts';
import { RecordNotFound, TooManyWebhooks } from '../errors.js';
import type { Documents } from '../records/documents.js';
import { isId, newId, timeOfId } from '../records/ids.js';
import { foldersOf, newestIn, type PageRequest, pageOf } from '../records/pages.js';
import { type Tenant, timestamp } from '../records/tenant.js';
import { type AnnouncedEvent, announceEvent } from './announce-event.js';
import { PendingDeliveries } from './pending-deliveries.js';
import {
  deliveriesFolder,
  deliveryDocuments,
  deliveryFolder,
  deliveryKey,
  webhookDocuments,
  webhookFolder,
  webhookKey,
  webhooksFolder,
} from './webhook-record.js';

const mostWebhooks = 20;
const secretBytes = 32;
const rotationMs = 86_400_000;
const keptAttempts = 16;
/** How long deliveries that are no longer tried are kept. */
const keptMs = 30 * 86_400_000;

/** What is to be sent, to where, and the keys to sign it with. */
export interface DueDelivery {
  readonly delivery: WebhookDelivery;
  readonly url: string;
  /** One, or two while a secret is replaced. */
  readonly secrets: readonly string[];
  /** Tries that have failed since it was made or asked for again. */
  readonly tries: number;
}

/** Webhooks of one tenant and what is sent to them. Methods reject with `RecordNotFound` for what is not there. */
export class WebhookRepository {
  readonly #tenant: Tenant;
  readonly #webhooks: Documents<WebhookRecord>;
  readonly #deliveries: Documents<WebhookDeliveryRecord>;
  readonly #pending: PendingDeliveries;

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
    this.#webhooks = webhookDocuments(tenant);
    this.#deliveries = deliveryDocuments(tenant);
    this.#pending = new PendingDeliveries(tenant);
  }

  /** Rejects with `TooManyWebhooks`, and with `RecordExists` when `id` is taken. */
  async create({ url, events, secret = newSecret() }: WebhookRequest, id = newId()): Promise<WebhookWithSecret> {
    let count = 0;
    for await (const _ of foldersOf(this.#tenant.objects, webhooksFolder(this.#tenant))) count++;
    if (count >= mostWebhooks) throw new TooManyWebhooks(`There may be ${mostWebhooks} webhooks: delete one.`);
    const record = { schemaVersion: 1 as const, id, url, events, createdAt: timestamp(this.#tenant), secret };
    await this.#webhooks.create(webhookKey(this.#tenant, id), record);
    return { ...this.#shown(record), secret };
  }

  async get(id: string): Promise<Webhook> {
    return this.#shown(await this.#read(id));
  }

  /** Newest first. Rejects with `InvalidCursor`. */
  list(page: PageRequest): Promise<Page<Webhook>> {
    return pageOf(
      newestIn(this.#tenant.objects, webhooksFolder(this.#tenant)),
      async (id) => {
        const found = await this.#webhooks.read(webhookKey(this.#tenant, id));
        return found && this.#shown(found.value);
      },
      page,
    );
  }

  async delete(id: string): Promise<void> {
    await this.#read(id);
    await this.#tenant.objects.delete(webhookKey(this.#tenant, id));
    await this.#tenant.objects.deleteFolder(webhookFolder(this.#tenant, id));
    for await (const deliveryId of this.#pending.ids()) {
      if ((await this.#pending.find(deliveryId))?.webhookId === id) await this.#pending.remove(deliveryId);
    }
  }

  /** A new secret; the one before signs too for a day. */
  async rotateSecret(id: string, { secret = newSecret() }: WebhookSecretRequest): Promise<WebhookWithSecret> {
    await this.#read(id);
    const until = new Date(this.#tenant.now() + rotationMs).toISOString();
    const changed = await this.#webhooks.update(webhookKey(this.#tenant, id), (record) =>
      record.secret === secret ? record : { ...record, secret, oldSecret: { secret: record.secret, until } },
    );
    return { ...this.#shown(found(id, changed)), secret };
  }

  /** Tells the webhooks that ask for it of an event; see `announceEvent`. */
  announce(event: AnnouncedEvent): Promise<void> {
    return announceEvent(this.#tenant, event);
  }

  /** Newest first. Rejects with `InvalidCursor`. */
  async deliveries(id: string, page: PageRequest): Promise<Page<WebhookDelivery>> {
    await this.#read(id);
    return pageOf(
      newestIn(this.#tenant.objects, deliveriesFolder(this.#tenant, id)),
      async (deliveryId) => {
        const read = await this.#deliveries.read(deliveryKey(this.#tenant, id, deliveryId));
        return read && toDelivery(read.value);
      },
      page,
    );
  }

  /** Has a delivery tried again from now on, whatever became of it. */
  async redeliver(id: string, deliveryId: string): Promise<WebhookDelivery> {
    await this.#read(id);
    const key = deliveryKey(this.#tenant, id, deliveryId);
    if (!isId(deliveryId) || (await this.#deliveries.read(key)) === undefined) throw deliveryNotFound(deliveryId);
    await this.#pending.add({ id: deliveryId, webhookId: id });
    const nextAttemptAt = timestamp(this.#tenant);
    const changed = await this.#deliveries.update(key, (record) => ({
      ...record,
      ...{ state: 'pending' as const, tries: 0, nextAttemptAt },
    }));
    if (changed === undefined) throw deliveryNotFound(deliveryId);
    return toDelivery(changed);
  }

  /** Ids of the deliveries that are still to be made, oldest event first. */
  pending(): AsyncIterable<string> {
    return this.#pending.ids();
  }

  /** What a delivery sends; undefined when there is nothing to send any more. */
  async due(deliveryId: string): Promise<DueDelivery | undefined> {
    const marker = isId(deliveryId) ? await this.#pending.find(deliveryId) : undefined;
    if (marker === undefined) return undefined;
    const webhook = (await this.#webhooks.read(webhookKey(this.#tenant, marker.webhookId)))?.value;
    const record = (await this.#deliveries.read(deliveryKey(this.#tenant, marker.webhookId, deliveryId)))?.value;
    const isComing = webhook !== undefined && record === undefined;
    if (webhook === undefined || record?.state !== 'pending') {
      // One that is not there yet is made by whoever wrote the marker, or by the next announcement of the event.
      if (!isComing) await this.#pending.remove(deliveryId);
      return undefined;
    }
    const { secret, oldSecret } = webhook;
    const isRotating = oldSecret !== undefined && oldSecret.until > timestamp(this.#tenant);
    const secrets = [secret, ...(isRotating ? [oldSecret.secret] : [])];
    return { delivery: toDelivery(record), url: webhook.url, secrets, tries: record.tries };
  }

  /** Writes down what a try came to; `retryAfterMs` says when the next one is due, and is undefined after the last. */
  async attempted(
    { webhookId, id }: Pick<WebhookDelivery, 'webhookId' | 'id'>,
    attempt: WebhookAttempt,
    { arrived, retryAfterMs }: { readonly arrived: boolean; readonly retryAfterMs?: number | undefined },
  ): Promise<void> {
    const next = new Date(this.#tenant.now() + (retryAfterMs ?? 0)).toISOString();
    const changed = await this.#deliveries.update(deliveryKey(this.#tenant, webhookId, id), (record) => {
      const { nextAttemptAt, ...rest } = record;
      const attempts = [...record.attempts, attempt].slice(-keptAttempts);
      const tries = record.tries + 1;
      if (arrived) return { ...rest, attempts, tries, state: 'delivered' };
      if (retryAfterMs === undefined) return { ...rest, attempts, tries, state: 'failed' };
      return { ...rest, attempts, tries, state: 'pending', nextAttemptAt: next };
    });
    // Of a webhook that was deleted meanwhile, what was written may have come after its folder was emptied.
    const isGone = (await this.#webhooks.read(webhookKey(this.#tenant, webhookId))) === undefined;
    if (isGone) await this.#tenant.objects.deleteFolder(webhookFolder(this.#tenant, webhookId));
    if (isGone || changed?.state !== 'pending') await this.#pending.remove(id);
  }

  /** Forgets deliveries of long ago. */
  async sweep(): Promise<void> {
    const { objects } = this.#tenant;
    const oldestMs = this.#tenant.now() - keptMs;
    for await (const webhookId of foldersOf(objects, webhooksFolder(this.#tenant))) {
      for await (const id of foldersOf(objects, deliveriesFolder(this.#tenant, webhookId))) {
        if (timeOfId(id) >= oldestMs) break;
        const record = (await this.#deliveries.read(deliveryKey(this.#tenant, webhookId, id)))?.value;
        const isOld = record === undefined || Date.parse(record.at) < oldestMs;
        if (isOld && record?.state !== 'pending')
          await objects.deleteFolder(deliveryFolder(this.#tenant, webhookId, id));
      }
    }
  }

  async #read(id: string): Promise<WebhookRecord> {
    return found(id, isId(id) ? (await this.#webhooks.read(webhookKey(this.#tenant, id)))?.value : undefined);
  }

  #shown({ id, url, events, createdAt, oldSecret }: WebhookRecord): Webhook {
    const isRotating = oldSecret !== undefined && oldSecret.until > timestamp(this.#tenant);
    return { id, url, events, createdAt, ...(isRotating && { oldSecretUntil: oldSecret.until }) };
  }
}

function newSecret(): string {
  return `whsec_${randomBytes(secretBytes).toString('base64')}`;
}

function toDelivery({ schemaVersion, tries, ...delivery }: WebhookDeliveryRecord): WebhookDelivery {
  return delivery;
}

function found(id: string, record: WebhookRecord | undefined): WebhookRecord {
  if (record === undefined) throw new RecordNotFound(`There is no webhook with the id ${id}: list the webhooks.`);
  return record;
}

function deliveryNotFound(id: string): RecordNotFound {
  return new RecordNotFound(`There is no delivery with the id ${id}: list the deliveries of the webhook.`);
}
