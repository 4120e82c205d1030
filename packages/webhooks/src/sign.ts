import { createHmac } from 'node:crypto';

/** What is signed, and with which keys. */
interface Signed {
  readonly id: string;
  readonly timestampSeconds: number;
  readonly body: string;
  /** `whsec_` and base64 each. */
  readonly secrets: readonly string[];
}

/**
 * The headers of Standard Webhooks (symmetric signatures, `v1`): one signature for each secret.
 * Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function signedHeaders({ id, timestampSeconds, body, secrets }: Signed): Record<string, string> {
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestampSeconds}.${body}`).digest('base64')}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': signatures.join(' '),
  };
}
