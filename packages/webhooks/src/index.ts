export { webhookKind, webhookPending } from './entries.js';
export { startWebhooks } from './start-webhooks.js';
