import { type ShadowRecord, shadowRecordSchema } from '@mediclip/contracts';
import { Documents } from '../records/documents.js';
import type { Tenant } from '../records/tenant.js';

export const shadowKey = ({ prefix }: Tenant, name: string) => `${prefix}shadows/${name}.json`;

/** What aliases remember of their shadows, at `shadows/<name>.json`: one record for all processes. */
export class ShadowRepository {
  readonly #tenant: Tenant;
  readonly #documents: Documents<ShadowRecord>;

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
    this.#documents = new Documents(tenant.objects, shadowRecordSchema);
  }

  /** Undefined for an alias whose shadow has scored nothing. */
  async get(name: string): Promise<ShadowRecord | undefined> {
    return (await this.#documents.read(shadowKey(this.#tenant, name)))?.value;
  }

  /** Reads, changes and writes until nobody wrote in between; `change` may run several times. */
  update(name: string, change: (record: ShadowRecord | undefined) => ShadowRecord): Promise<ShadowRecord> {
    return this.#documents.upsert(shadowKey(this.#tenant, name), change);
  }
}
