import {
  type WebhookDeliveryRecord,
  type WebhookRecord,
  webhookDeliveryRecordSchema,
  webhookRecordSchema,
} from '@mediclip/contracts';
import { Documents } from '../records/documents.js';
import type { Tenant } from '../records/tenant.js';

export const webhooksFolder = ({ prefix }: Tenant) => `${prefix}webhooks/`;
export const webhookFolder = (tenant: Tenant, id: string) => `${webhooksFolder(tenant)}${id}/`;
export const webhookKey = (tenant: Tenant, id: string) => `${webhookFolder(tenant, id)}webhook.json`;
export const deliveriesFolder = (tenant: Tenant, webhookId: string) => `${webhookFolder(tenant, webhookId)}deliveries/`;
export const deliveryFolder = (tenant: Tenant, webhookId: string, id: string) =>
  `${deliveriesFolder(tenant, webhookId)}${id}/`;
export const deliveryKey = (tenant: Tenant, webhookId: string, id: string) =>
  `${deliveryFolder(tenant, webhookId, id)}delivery.json`;

/** Webhooks lie at `webhooks/<id>/webhook.json`. */
export function webhookDocuments({ objects }: Tenant): Documents<WebhookRecord> {
  return new Documents(objects, webhookRecordSchema);
}

/** Deliveries lie at `webhooks/<id>/deliveries/<id>/delivery.json`. */
export function deliveryDocuments({ objects }: Tenant): Documents<WebhookDeliveryRecord> {
  return new Documents(objects, webhookDeliveryRecordSchema);
}
