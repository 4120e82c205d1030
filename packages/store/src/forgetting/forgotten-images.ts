import type { Tenant } from '../records/tenant.js';
import { intentionKey, intentionsFolder } from './intentions.js';

const beginning = 'image.';
const ending = '.json';

/** Ids of the images whose deletion has begun and not ended: nobody is shown anything of them any more. */
export async function forgottenImages(tenant: Tenant): Promise<ReadonlySet<string>> {
  const begin = `${intentionsFolder(tenant)}${beginning}`;
  const ids = new Set<string>();
  for await (const key of tenant.objects.keys(begin)) ids.add(key.slice(begin.length, -ending.length));
  return ids;
}

/** Whether the deletion of an image has begun and not ended. */
export async function isForgotten(tenant: Tenant, imageId: string): Promise<boolean> {
  return (await tenant.objects.head(intentionKey(tenant, { kind: 'image', id: imageId }))) !== undefined;
}
