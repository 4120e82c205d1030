import { type ShadowRecord, shadowRecordSchema } from '@mediclip/contracts';
import { Documents } from '../records/documents.js';
import type { Tenant } from '../records/tenant.js';

export const shadowKey = (tenant: Tenant, name: string) => `${shadowsFolder(tenant)}${name}.json`;

const shadowsFolder = ({ prefix }: Tenant) => `${prefix}shadows/`;

function shadowDocuments({ objects }: Tenant): Documents<ShadowRecord> {
  return new Documents(objects, shadowRecordSchema);
}

/** Removes what aliases remember of a picture that both models have scored; how many were scored stays. */
export async function forgetShadowed(tenant: Tenant, pixelDigest: string): Promise<void> {
  const documents = shadowDocuments(tenant);
  const showsIt = (shadowed: ShadowRecord['ring'][number]) => shadowed.at(-1) === pixelDigest;
  for await (const key of tenant.objects.keys(shadowsFolder(tenant))) {
    await documents.update(
      key,
      (record) =>
        record.ring.some(showsIt) ? { ...record, ring: record.ring.filter((one) => !showsIt(one)) } : undefined,
      { fromReserve: true },
    );
  }
}

/** What aliases remember of their shadows, at `shadows/<name>.json`: one record for all processes. */
export class ShadowRepository {
  readonly #tenant: Tenant;
  readonly #documents: Documents<ShadowRecord>;

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
    this.#documents = shadowDocuments(tenant);
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
