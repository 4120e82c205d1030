import { idSchema, mostPinnedModels } from '@mediclip/contracts';
import { z } from 'zod';
import { TooManyPinnedModels } from '../errors.js';
import { Documents } from '../records/documents.js';
import type { Tenant } from '../records/tenant.js';
import { isUsableModel } from './model-record.js';

const recordSchema = z.strictObject({
  schemaVersion: z.literal(1),
  modelIds: z.array(idSchema).max(mostPinnedModels),
});

/** The models of a tenant that every worker keeps warm, at `pinned-models.json`. */
export class PinnedModels {
  readonly #tenant: Tenant;
  readonly #documents: Documents<z.infer<typeof recordSchema>>;

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
    this.#documents = new Documents(tenant.objects, recordSchema);
  }

  /** In the order in which they were pinned; some may have been deleted since. */
  async list(): Promise<readonly string[]> {
    return (await this.#documents.read(this.#key))?.value.modelIds ?? [];
  }

  /** Pins a model or takes its pin away. Rejects with `TooManyPinnedModels`; models that were deleted do not count. */
  async set(modelId: string, pinned: boolean): Promise<void> {
    const gone = new Set<string>();
    for (const id of await this.list()) if (!(await isUsableModel(this.#tenant, id))) gone.add(id);
    await this.#documents.upsert(this.#key, (record) => {
      const others = (record?.modelIds ?? []).filter((id) => id !== modelId && !gone.has(id));
      if (pinned && others.length >= mostPinnedModels) throw new TooManyPinnedModels(mostPinnedModels);
      return { schemaVersion: 1, modelIds: pinned ? [...others, modelId] : others };
    });
  }

  get #key(): string {
    return `${this.#tenant.prefix}pinned-models.json`;
  }
}
