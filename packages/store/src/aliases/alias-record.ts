import { type AliasRecord, aliasRecordSchema } from '@mediclip/contracts';
import { Documents } from '../records/documents.js';
import type { Tenant } from '../records/tenant.js';

const suffix = '.json';

const aliasFolder = ({ prefix }: Tenant) => `${prefix}aliases/`;
export const aliasKey = (tenant: Tenant, name: string) => `${aliasFolder(tenant)}${name}${suffix}`;

/** Aliases lie at `aliases/<name>.json`. */
export function aliasDocuments({ objects }: Tenant): Documents<AliasRecord> {
  return new Documents(objects, aliasRecordSchema);
}

/** The aliases of a tenant by name, behind the name `after`. */
export async function* aliasesOf(tenant: Tenant, after?: string): AsyncGenerator<AliasRecord> {
  const documents = aliasDocuments(tenant);
  const begin = after === undefined ? undefined : aliasKey(tenant, after);
  for await (const key of tenant.objects.keys(aliasFolder(tenant), begin)) {
    const found = await documents.read(key);
    if (found) yield found.value;
  }
}
