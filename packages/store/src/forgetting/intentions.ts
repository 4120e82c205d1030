import { idSchema, timestampSchema } from '@mediclip/contracts';
import { z } from 'zod';
import { Documents } from '../records/documents.js';
import { type Tenant, timestamp } from '../records/tenant.js';

const commonFields = { schemaVersion: z.literal(1), since: timestampSchema };

const intentionSchema = z.discriminatedUnion('kind', [
  /** `modelId` is of the model whose results were judged, for a scoring. */
  z.strictObject({
    ...commonFields,
    kind: z.literal('job'),
    id: idSchema,
    modelId: idSchema.optional(),
    /** The audit that it made. */
    auditId: idSchema.optional(),
  }),
  z.strictObject({ ...commonFields, kind: z.literal('evaluation'), id: idSchema }),
  z.strictObject({
    ...commonFields,
    kind: z.literal('image'),
    id: idSchema,
    datasetId: idSchema,
    /**
     * `decided`: no job used its data set when the deletion began, so that it will be deleted, whoever goes on with
     * that. `undone`: one did, and the image stays.
     */
    outcome: z.enum(['decided', 'undone']).optional(),
  }),
  /** The deletion of everything that the tenant has; the id is that of this deletion. */
  z.strictObject({ ...commonFields, kind: z.literal('tenant'), id: idSchema }),
]);

export type StoredIntention = z.infer<typeof intentionSchema>;

type Outcome = NonNullable<Extract<StoredIntention, { kind: 'image' }>['outcome']>;

export const intentionsFolder = ({ prefix }: Tenant) => `${prefix}deletions/`;

export function intentionKey(tenant: Tenant, { kind, id }: Pick<Intention, 'kind' | 'id'>): string {
  return `${intentionsFolder(tenant)}${kind}.${id}.json`;
}

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
    await this.#documents.put(this.#keyOf(intention), this.#stored(intention), { fromReserve: true });
  }

  /** Rejects with `RecordExists` when it is there already. */
  async create(intention: Intention): Promise<void> {
    await this.#documents.create(this.#keyOf(intention), this.#stored(intention), { fromReserve: true });
  }

  /** Gives the deletion of an image an outcome unless it has one; the one that it has then, if it is there at all. */
  async settle(imageId: string, outcome: Outcome): Promise<Outcome | undefined> {
    const settled = (stored: StoredIntention): StoredIntention | undefined =>
      stored.kind === 'image' && stored.outcome === undefined ? { ...stored, outcome } : undefined;
    const key = this.#keyOf({ kind: 'image', id: imageId });
    const left = await this.#documents.update(key, settled, { fromReserve: true });
    return left?.kind === 'image' ? left.outcome : undefined;
  }

  async remove(intention: Pick<Intention, 'kind' | 'id'>): Promise<void> {
    await this.#tenant.objects.delete(this.#keyOf(intention));
  }

  async *all(): AsyncGenerator<StoredIntention> {
    for await (const key of this.#tenant.objects.keys(intentionsFolder(this.#tenant))) {
      const read = await this.#documents.read(key);
      if (read) yield read.value;
    }
  }

  #stored(intention: Intention): StoredIntention {
    return { schemaVersion: 1, since: timestamp(this.#tenant), ...intention } as StoredIntention;
  }

  #keyOf(intention: Pick<Intention, 'kind' | 'id'>): string {
    return intentionKey(this.#tenant, intention);
  }
}
