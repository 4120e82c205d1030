import type { JobQueue } from '@mediclip/queue';
import { webhookPending } from '@mediclip/webhooks';
import type { HandlersOf } from '../http/handlers.js';
import { jsonPage } from '../http/json-page.js';

export function webhookHandlers(
  jobQueue: JobQueue,
): HandlersOf<
  | 'createWebhook'
  | 'listWebhooks'
  | 'getWebhook'
  | 'deleteWebhook'
  | 'rotateWebhookSecret'
  | 'listWebhookDeliveries'
  | 'redeliverWebhook'
> {
  return {
    async createWebhook({ body, store, newId }) {
      const webhook = await store.webhooks.create(body, newId);
      return { json: webhook, location: `/v1/webhooks/${webhook.id}` };
    },

    listWebhooks: async ({ query, store }) => ({ json: jsonPage(await store.webhooks.list(query)) }),

    getWebhook: async ({ params, store }) => ({ json: await store.webhooks.get(params.id) }),

    async deleteWebhook({ params, store }) {
      await store.webhooks.delete(params.id);
      return undefined;
    },

    rotateWebhookSecret: async ({ params, body, store }) => ({
      json: await store.webhooks.rotateSecret(params.id, body),
    }),

    listWebhookDeliveries: async ({ params, query, store }) => ({
      json: jsonPage(await store.webhooks.deliveries(params.id, query)),
    }),

    async redeliverWebhook({ params, store }) {
      const delivery = await store.webhooks.redeliver(params.id, params.deliveryId);
      await webhookPending(jobQueue, store.tenant, delivery.id);
      return { json: delivery };
    },
  };
}
