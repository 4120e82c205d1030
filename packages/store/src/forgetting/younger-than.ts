import { idBoundary, isId, timeOfId } from '../records/ids.js';
import { foldersOf, inBatches, loadedAtOnce } from '../records/pages.js';
import type { Tenant } from '../records/tenant.js';

/** How far the clocks of processes that make ids may be apart, milliseconds. */
const clockSkewMs = 600_000;

/**
 * What `load` finds for each record of a kind that may be younger than `id`, some at a time: what was made of something
 * is younger than that.
 */
export async function* youngerThan<T>(
  { objects, prefix }: Tenant,
  kind: 'jobs' | 'evaluations' | 'audits',
  id: string,
  load: (id: string) => Promise<T | undefined>,
): AsyncGenerator<T> {
  const begin = idBoundary(timeOfId(id) - clockSkewMs);
  const loadIfRecord = async (found: string) => (isId(found) ? load(found) : undefined);
  for await (const loaded of inBatches(foldersOf(objects, `${prefix}${kind}/`, begin), loadedAtOnce, loadIfRecord)) {
    if (loaded !== undefined) yield loaded;
  }
}
