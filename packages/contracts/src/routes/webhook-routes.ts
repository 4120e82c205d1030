import { z } from 'zod';
import { pageQuerySchema } from '../resources/pages.js';
import { idSchema } from '../resources/primitives.js';
import {
  webhookDeliveryPageSchema,
  webhookDeliverySchema,
  webhookPageSchema,
  webhookRequestSchema,
  webhookSchema,
  webhookSecretRequestSchema,
  webhookWithSecretSchema,
} from '../resources/webhooks.js';
import { deleted, idParams, json, made, type Route } from './route.js';

export const webhookRoutes = {
  createWebhook: {
    method: 'POST',
    path: '/v1/webhooks',
    tag: 'webhooks',
    summary: 'Have events sent to an address',
    description: 'Signed as Standard Webhooks says. The answer is the only one that shows the secret.',
    body: { json: webhookRequestSchema },
    replies: { 201: made('The webhook.', webhookWithSecretSchema) },
    problems: ['too-many-webhooks'],
  },
  listWebhooks: {
    method: 'GET',
    path: '/v1/webhooks',
    tag: 'webhooks',
    summary: 'List the webhooks',
    query: pageQuerySchema,
    replies: { 200: json('One page of webhooks, newest first.', webhookPageSchema) },
  },
  getWebhook: {
    method: 'GET',
    path: '/v1/webhooks/{id}',
    tag: 'webhooks',
    summary: 'Read a webhook',
    params: idParams,
    replies: { 200: json('The webhook.', webhookSchema) },
  },
  deleteWebhook: {
    method: 'DELETE',
    path: '/v1/webhooks/{id}',
    tag: 'webhooks',
    summary: 'Delete a webhook',
    description: 'Its deliveries go with it; none is tried again.',
    params: idParams,
    replies: { 204: deleted },
  },
  rotateWebhookSecret: {
    method: 'POST',
    path: '/v1/webhooks/{id}/secret',
    tag: 'webhooks',
    summary: 'Give a webhook a new secret',
    description: 'For a day deliveries are signed with both, so that the receiver can change over.',
    params: idParams,
    body: { json: webhookSecretRequestSchema },
    replies: { 200: json('The webhook.', webhookWithSecretSchema) },
  },
  listWebhookDeliveries: {
    method: 'GET',
    path: '/v1/webhooks/{id}/deliveries',
    tag: 'webhooks',
    summary: 'List the deliveries of a webhook',
    params: idParams,
    query: pageQuerySchema,
    replies: { 200: json('One page of deliveries, newest first.', webhookDeliveryPageSchema) },
  },
  redeliverWebhook: {
    method: 'POST',
    path: '/v1/webhooks/{id}/deliveries/{deliveryId}/redeliver',
    tag: 'webhooks',
    summary: 'Send a delivery again',
    description: 'Now, with eight tries again, whatever became of it before.',
    params: z.strictObject({ id: idSchema, deliveryId: idSchema }),
    replies: { 202: json('The delivery.', webhookDeliverySchema) },
    problems: ['queue-unavailable'],
  },
} as const satisfies Record<string, Route>;
