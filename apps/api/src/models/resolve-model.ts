import type { Alias, Route } from '@mediclip/contracts';
import type { TenantStore } from '@mediclip/store';

/** The header that names the model that an alias stood for. */
export const modelIdHeader = 'mediclip-model-id';

/**
 * The parameters of a path with the id of the model where they name an alias (`@name`), and that alias. Rejects with
 * `RecordNotFound` for an alias that is not there.
 */
export async function resolveModel<P>(
  route: Route,
  params: P,
  store: TenantStore,
): Promise<{ readonly params: P; readonly alias?: Alias }> {
  const { id } = (params ?? {}) as { readonly id?: string };
  if (!/^\/v[12]\/models\/\{id\}/.test(route.path) || !id?.startsWith('@')) return { params };
  const alias = await store.aliases.get(id.slice(1));
  return { params: { ...params, id: alias.modelId }, alias };
}
