import { idSchema, timestampSchema } from '@mediclip/contracts';
import { z } from 'zod';
import { Documents } from '../records/documents.js';
import { type Tenant, timestamp } from '../records/tenant.js';

const commonFields = { schemaVersion: z.literal(1), since: timestampSchema };

const intentionSchema = z.discriminatedUnion('kind', [
  /** `modelId` is of the model whose results were judged, for a scoring. */
  z.strictObject({ ...commonFields, kind: z.literal('job'), id: idSchema, modelId: idSchema.optional() }),
  z.strictObject({ ...commonFields, kind: z.literal('evaluation'), id: idSchema }),
]);

type StoredIntention = z.infer<typeof intentionSchema>;

/** What is to be forgotten. */
export type Intention = StoredIntention extends infer I
  ? I extends unknown
    ? Omit<I, 'schemaVersion' | 'since'>
    : never
  : never;

/**
 * Deletions that have begun, at `deletions/<kind>.<id>.json`: written before the first thing goes and removed after the
 * last, so that whoever finds one goes on with it.
 */
export class Intentions {
  readonly #tenant: Tenant;
  readonly #documents: Documents<StoredIntention>;

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
    this.#documents = new Documents(tenant.objects, intentionSchema);
  }

  async add(intention: Intention): Promise<void> {
    const stored = { schemaVersion: 1, since: timestamp(this.#tenant), ...intention } as StoredIntention;
    await this.#documents.put(this.#keyOf(intention), stored, { fromReserve: true });
  }

  async remove(intention: Intention): Promise<void> {
    await this.#tenant.objects.delete(this.#keyOf(intention));
  }

  async *all(): AsyncGenerator<Intention> {
    for await (const key of this.#tenant.objects.keys(this.#folder)) {
      const read = await this.#documents.read(key);
      if (read) yield read.value;
    }
  }

  get #folder(): string {
    return `${this.#tenant.prefix}deletions/`;
  }

  #keyOf({ kind, id }: Intention): string {
    return `${this.#folder}${kind}.${id}.json`;
  }
}
