import type { JobEntry, JobQueue } from '@mediclip/queue';
import type { Store } from '@mediclip/store';

/** The kind of the queue's entries that are deliveries; an entry's `jobId` is the id of its delivery. */
export const webhookKind = 'webhook';

/** The entry of a delivery that is to be made. */
export const entryOf = (tenant: string, deliveryId: string): JobEntry => ({
  tenant,
  jobId: deliveryId,
  kind: webhookKind,
});

/** Hands a delivery to the queue now, also one that waits there for its next try. */
export async function webhookPending(
  jobQueue: Pick<JobQueue, 'cancel' | 'recover'>,
  tenant: string,
  deliveryId: string,
): Promise<void> {
  const entry = entryOf(tenant, deliveryId);
  await jobQueue.cancel(entry);
  await jobQueue.recover([entry]);
}

/** Gives the queue the deliveries that it lacks: it may have lost them, or the process that made them died. */
export async function recoverDeliveries(store: Store, jobQueue: Pick<JobQueue, 'recover'>): Promise<void> {
  for await (const tenant of store.tenants()) {
    const entries: JobEntry[] = [];
    for await (const id of store.tenant(tenant).webhooks.pending()) entries.push(entryOf(tenant, id));
    if (entries.length > 0) await jobQueue.recover(entries);
  }
}
