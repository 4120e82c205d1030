import type { Tenant } from './tenant.js';

/** What has no record for so long was left behind by a process that died. */
const abandonedMs = 86_400_000;

/** Removes a folder without a record once its first object has rested for a day. */
export async function removeOldFolder({ objects, now }: Tenant, folder: string): Promise<void> {
  const [first] = await objects.list(folder, { limit: 1 });
  if (first !== undefined && first.modifiedAt.getTime() < now() - abandonedMs) await objects.deleteFolder(folder);
}
