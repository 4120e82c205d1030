import { tenantSchema } from '@mediclip/contracts';
import { InvalidKey } from '../errors.js';
import type { ObjectStore } from '../object-store.js';

/** What every repository of a tenant works with. */
export interface Tenant {
  readonly name: string;
  readonly objects: ObjectStore;
  /** `tenants/<name>/`: every key of the tenant begins with it. */
  readonly prefix: string;
  /** The clock, milliseconds since 1970. */
  readonly now: () => number;
  /** Called after a job's record got new events. */
  readonly onJobEvents: (jobId: string) => void;
  /** Called after a delivery to a webhook was made, which is to be sent now. */
  readonly onDelivery: (deliveryId: string) => void;
}

/** Throws `InvalidKey` for a name that cannot be a tenant's. */
export function tenantOf(
  name: string,
  { objects, now, onJobEvents, onDelivery }: Pick<Tenant, 'objects' | 'now' | 'onJobEvents' | 'onDelivery'>,
): Tenant {
  if (!tenantSchema.safeParse(name).success) {
    throw new InvalidKey(
      `The tenant ${JSON.stringify(name.slice(0, 80))} is not allowed: use 1 to 63 of a-z, 0-9 and '-'.`,
    );
  }
  return { name, objects, prefix: `tenants/${name}/`, now, onJobEvents, onDelivery };
}

/** The clock's time as it stands in records. */
export function timestamp(tenant: Tenant): string {
  return new Date(tenant.now()).toISOString();
}
