import type { Tenant } from '../records/tenant.js';

/** What a tenant has in the store. */
export interface StoredUsage {
  readonly datasets: number;
  readonly images: number;
  readonly models: number;
  /** The size of everything: images and masks, models, results, maps, reports and records. */
  readonly bytes: number;
}

const listedAtOnce = 1000;

const kinds = {
  datasets: /^datasets\/[^/]+\/dataset\.json$/,
  images: /^datasets\/[^/]+\/images\/[^/]+\.json$/,
  models: /^models\/[^/]+\/model\.json$/,
} as const;

/**
 * Tells what a tenant has by listing it. Nothing is kept that a process could leave wrong when it dies in the middle of
 * an upload or a deletion, so what it left counts until it is swept away.
 */
export class UsageRepository {
  readonly #tenant: Tenant;

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
  }

  /**
   * Lists every object of the tenant with its size, none of which is read: a request for every 1,000 on S3, a look at
   * each file in a folder.
   */
  async count(): Promise<StoredUsage> {
    const { objects, prefix } = this.#tenant;
    const found = { datasets: 0, images: 0, models: 0, bytes: 0 };
    for (let after = ''; ; ) {
      const listed = await objects.list(prefix, { after, limit: listedAtOnce });
      for (const { key, sizeBytes } of listed) {
        found.bytes += sizeBytes;
        const name = key.slice(prefix.length);
        for (const kind of ['datasets', 'images', 'models'] as const) if (kinds[kind].test(name)) found[kind]++;
      }
      const last = listed.at(-1);
      if (last === undefined || listed.length < listedAtOnce) return found;
      after = last.key;
    }
  }
}
