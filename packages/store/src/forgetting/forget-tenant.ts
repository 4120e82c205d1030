import { foldersOf } from '../records/pages.js';
import type { Tenant } from '../records/tenant.js';
import { intentionsFolder } from './intentions.js';

/** Removes everything that a tenant has, what says so last. */
export async function finishTenant(tenant: Tenant): Promise<void> {
  const { objects, prefix } = tenant;
  for await (const folder of foldersOf(objects, prefix)) {
    if (`${prefix}${folder}/` !== intentionsFolder(tenant)) await objects.deleteFolder(`${prefix}${folder}/`);
  }
  await objects.deleteFolder(intentionsFolder(tenant));
}
