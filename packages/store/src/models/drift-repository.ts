import { type DriftRecord, driftRecordSchema } from '@mediclip/contracts';
import { RecordNotFound } from '../errors.js';
import { Documents } from '../records/documents.js';
import type { Tenant } from '../records/tenant.js';
import { isUsableModel, modelFolder } from './model-record.js';

/** What models remember of the scores they gave, at `models/<id>/drift/record.json`: one record for all processes. */
export class DriftRepository {
  readonly #tenant: Tenant;
  readonly #documents: Documents<DriftRecord>;

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
    this.#documents = new Documents(tenant.objects, driftRecordSchema);
  }

  /** Undefined for a model that has given no score. Rejects with `RecordNotFound` for one that is not there. */
  async get(modelId: string): Promise<DriftRecord | undefined> {
    await this.#assertModel(modelId);
    return (await this.#documents.read(this.#key(modelId)))?.value;
  }

  /**
   * Reads, changes and writes until nobody wrote in between; `change` may run several times. Rejects with
   * `RecordNotFound`.
   */
  async update(modelId: string, change: (record: DriftRecord | undefined) => DriftRecord): Promise<DriftRecord> {
    await this.#assertModel(modelId);
    return this.#documents.upsert(this.#key(modelId), change);
  }

  #key(modelId: string): string {
    return `${modelFolder(this.#tenant, modelId)}drift/record.json`;
  }

  async #assertModel(modelId: string): Promise<void> {
    if (await isUsableModel(this.#tenant, modelId)) return;
    throw new RecordNotFound(`There is no model with the id ${modelId}: list the models.`);
  }
}
