import { temporaryFolder } from '@mediclip/testing';
import { FileSystemStore } from '../file-system/file-system-store.js';
import type { ObjectStore } from '../object-store.js';
import { keysOf } from '../records/pages.js';
import { type Tenant, tenantOf } from '../records/tenant.js';

export interface TestTenant extends Tenant {
  /** Moves the clock. */
  advance(ms: number): void;
  /** Every key of the tenant, without the tenant's prefix. */
  keys(): Promise<string[]>;
}

/** A tenant on a folder of its own (or on `objects`), whose clock can be moved. */
export function testTenant(
  name = 'default',
  objects: ObjectStore = new FileSystemStore(temporaryFolder()),
): TestTenant {
  let ahead = 0;
  const tenant = tenantOf(name, objects, () => Date.now() + ahead);
  return {
    ...tenant,
    advance(ms) {
      ahead += ms;
    },
    async keys() {
      const keys: string[] = [];
      for await (const key of keysOf(objects, tenant.prefix)) keys.push(key.slice(tenant.prefix.length));
      return keys;
    },
  };
}

/** All keys and values of an async sequence. */
export async function collect<T>(sequence: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of sequence) all.push(item);
  return all;
}
