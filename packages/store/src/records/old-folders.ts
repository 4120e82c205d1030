import type { Tenant } from './tenant.js';

/** What has no record for so long was left behind by a process that died. */
const abandonedMs = 86_400_000;

/** Removes a folder without a record once its first object has rested for a day. Returns whether it did. */
export async function removeOldFolder({ objects, now }: Tenant, folder: string): Promise<boolean> {
  const [first] = await objects.list(folder, { limit: 1 });
  if (first === undefined || first.modifiedAt.getTime() >= now() - abandonedMs) return false;
  await objects.deleteFolder(folder);
  return true;
}
