import { idSchema } from '@mediclip/contracts';
import { z } from 'zod';
import { Documents } from '../records/documents.js';
import type { Tenant } from '../records/tenant.js';

const markerSchema = z.strictObject({ schemaVersion: z.literal(1), id: idSchema, webhookId: idSchema });

/** A delivery that is still to be made. */
export type PendingDelivery = Pick<z.infer<typeof markerSchema>, 'id' | 'webhookId'>;

/**
 * Markers `pending-deliveries/<id>.json`. A marker is written before its delivery and removed when that is final, so
 * that whoever looks for what is to be sent needs not read all that ever was.
 */
export class PendingDeliveries {
  readonly #tenant: Tenant;
  readonly #markers: Documents<z.infer<typeof markerSchema>>;

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
    this.#markers = new Documents(tenant.objects, markerSchema);
  }

  async add({ id, webhookId }: PendingDelivery): Promise<void> {
    await this.#markers.put(this.#key(id), { schemaVersion: 1, id, webhookId });
  }

  async find(id: string): Promise<PendingDelivery | undefined> {
    return (await this.#markers.read(this.#key(id)))?.value;
  }

  async remove(id: string): Promise<void> {
    await this.#tenant.objects.delete(this.#key(id));
  }

  /** Ids, oldest event first. */
  async *ids(): AsyncGenerator<string> {
    const folder = this.#folder;
    for await (const key of this.#tenant.objects.keys(folder)) yield key.slice(folder.length, -'.json'.length);
  }

  get #folder(): string {
    return `${this.#tenant.prefix}pending-deliveries/`;
  }

  #key(id: string): string {
    return `${this.#folder}${id}.json`;
  }
}
