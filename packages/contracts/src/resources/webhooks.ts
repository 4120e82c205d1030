import { z } from 'zod';
import { aliasNameSchema } from './aliases.js';
import { pageSchema } from './pages.js';
import { countSchema, idSchema, timestampSchema } from './primitives.js';

const webhookEventSchema = z
  .enum(['job.succeeded', 'job.failed', 'alias.changed', 'drift.detected'])
  .meta({ id: 'WebhookEvent', description: 'What a webhook tells of.' });

export type WebhookEvent = z.infer<typeof webhookEventSchema>;

const shortestSecretBytes = 24;
const longestSecretBytes = 64;

const webhookSecretSchema = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]+={0,2}$/, 'A secret is whsec_ and base64')
  .refine((secret) => {
    const { length } = Buffer.from(secret.slice('whsec_'.length), 'base64');
    return length >= shortestSecretBytes && length <= longestSecretBytes;
  }, `A secret has ${shortestSecretBytes} to ${longestSecretBytes} bytes`)
  .meta({ description: 'Key that deliveries are signed with, as Standard Webhooks writes it; 24 to 64 bytes.' });

const webhookUrlSchema = z
  .url({ protocol: /^https?$/ })
  .max(2048)
  .refine((text) => {
    if (!URL.canParse(text)) return false;
    const { username, password, hash } = new URL(text);
    return username === '' && password === '' && hash === '';
  }, 'A URL of a webhook has no user, password or fragment')
  .meta({ description: 'Where events are sent to, by POST.', examples: ['https://hooks.example.org/mediclip'] });

const eventsSchema = z
  .array(webhookEventSchema)
  .min(1)
  .max(webhookEventSchema.options.length)
  .refine((events) => new Set(events).size === events.length, 'Each event once')
  .meta({ description: 'Which events are sent.', examples: [['job.succeeded', 'job.failed']] });

const webhookFields = { id: idSchema, url: webhookUrlSchema, events: eventsSchema, createdAt: timestampSchema };

export const webhookSchema = z
  .strictObject({
    ...webhookFields,
    oldSecretUntil: timestampSchema
      .optional()
      .meta({ description: 'Until then deliveries are signed with the secret before, too.' }),
  })
  .meta({ id: 'Webhook', description: 'An address that events are sent to.' });

export type Webhook = z.infer<typeof webhookSchema>;

export const webhookPageSchema = pageSchema(webhookSchema, 'WebhookPage', 'Newest first.');

/** Body of `POST /v1/webhooks`. */
export const webhookRequestSchema = z
  .strictObject({ url: webhookUrlSchema, events: eventsSchema, secret: webhookSecretSchema.optional() })
  .meta({
    id: 'WebhookRequest',
    description: 'An address to send events to. Without a secret one is made.',
    examples: [{ url: 'https://hooks.example.org/mediclip', events: ['job.succeeded', 'job.failed'] }],
  });

export type WebhookRequest = z.infer<typeof webhookRequestSchema>;

/** Body of `POST /v1/webhooks/{id}/secret`. */
export const webhookSecretRequestSchema = z
  .strictObject({ secret: webhookSecretSchema.optional() })
  .meta({ id: 'WebhookSecretRequest', description: 'A new secret; without one it is made.' });

export type WebhookSecretRequest = z.infer<typeof webhookSecretRequestSchema>;

export const webhookWithSecretSchema = webhookSchema
  .extend({ secret: webhookSecretSchema })
  .meta({ id: 'WebhookWithSecret', description: 'A webhook with its secret, which is shown this once.' });

export type WebhookWithSecret = z.infer<typeof webhookWithSecretSchema>;

/** What an event is about: ids, and nothing else. */
const webhookDataSchema = z
  .union([
    z.strictObject({ jobId: idSchema, kind: z.string() }),
    z.strictObject({ alias: aliasNameSchema, modelId: idSchema.nullable() }),
    z.strictObject({ modelId: idSchema }),
  ])
  .meta({
    id: 'WebhookData',
    description: 'Ids of what the event is about. `modelId` of an alias that was deleted is null.',
  });

export type WebhookData = z.infer<typeof webhookDataSchema>;

const attemptSchema = z
  .strictObject({
    at: timestampSchema,
    durationMs: countSchema,
    status: z.int().optional().meta({ description: 'HTTP status of the answer, where there was one.' }),
    error: z.string().optional().meta({ description: 'Why it did not arrive.' }),
  })
  .meta({ id: 'WebhookAttempt', description: 'One try of a delivery.' });

export type WebhookAttempt = z.infer<typeof attemptSchema>;

const deliveryFields = {
  id: idSchema.meta({ description: 'The `webhook-id` of every try: the same event never has another.' }),
  webhookId: idSchema,
  event: webhookEventSchema,
  at: timestampSchema.meta({ description: 'When it happened.' }),
  data: webhookDataSchema,
  state: z.enum(['pending', 'delivered', 'failed']),
  nextAttemptAt: timestampSchema.optional().meta({ description: 'Of a pending delivery.' }),
  attempts: z.array(attemptSchema).meta({ description: 'The latest 16 tries, oldest first.' }),
};

export const webhookDeliverySchema = z
  .strictObject(deliveryFields)
  .meta({ id: 'WebhookDelivery', description: 'One event on its way to one webhook.' });

export type WebhookDelivery = z.infer<typeof webhookDeliverySchema>;

export const webhookDeliveryPageSchema = pageSchema(webhookDeliverySchema, 'WebhookDeliveryPage', 'Newest first.');

/** A webhook as it is stored. */
export const webhookRecordSchema = z.strictObject({
  schemaVersion: z.literal(1),
  ...webhookFields,
  secret: z.string(),
  /** Signs too until its time has come. */
  oldSecret: z.strictObject({ secret: z.string(), until: timestampSchema }).optional(),
});

export type WebhookRecord = z.infer<typeof webhookRecordSchema>;

/** A delivery as it is stored. */
export const webhookDeliveryRecordSchema = z.strictObject({
  schemaVersion: z.literal(1),
  ...deliveryFields,
  /** Tries since it was made or asked for again. */
  tries: countSchema,
});

export type WebhookDeliveryRecord = z.infer<typeof webhookDeliveryRecordSchema>;
