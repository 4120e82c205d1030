import type { Tenant } from '../records/tenant.js';

/**
 * Removes the answers that are kept for repeated requests (`IdempotencyRepository`) and name this id: they tell names
 * of files and what people wrote. A request that is repeated later is then done anew.
 */
export async function forgetAnswersNaming({ objects, prefix }: Tenant, id: string): Promise<void> {
  for await (const key of objects.keys(`${prefix}idempotency/`)) {
    const stored = await objects.get(key);
    if (stored && Buffer.from(stored.bytes).includes(id)) await objects.delete(key);
  }
}
