import type { Redis } from 'ioredis';
import { QueueUnavailableError } from '../job-queue.js';

/** Entries of another store's jobs lie under the same prefix of this Redis. */
export class OtherStoreError extends QueueUnavailableError {}

/**
 * Says in Redis which store the entries under a prefix belong to: two deployments that were given the same Redis would
 * take each other's entries and find no records for them.
 */
export class StoreMark {
  readonly #connection: Redis;
  readonly #key: string;
  readonly #storeId: string;

  constructor(connection: Redis, prefix: string, storeId: string) {
    this.#connection = connection;
    this.#key = `${prefix}:store`;
    this.#storeId = storeId;
  }

  /** Marks what is not marked, and rejects with an `OtherStoreError` when the mark is another store's. */
  async assertOurs(): Promise<void> {
    await this.#connection.setnx(this.#key, this.#storeId);
    const found = await this.#connection.get(this.#key);
    if (found === this.#storeId) return;
    throw new OtherStoreError(
      `This Redis serves another store (its key ${this.#key} is ${found}, and this store's id is ${this.#storeId}): give each deployment a MEDICLIP_REDIS_PREFIX of its own, or delete that key if the other store is no more.`,
    );
  }
}
