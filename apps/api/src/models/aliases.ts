import type { HandlersOf } from '../http/handlers.js';
import { jsonPage } from '../http/json-page.js';

export const aliasHandlers: HandlersOf<'listAliases' | 'getAlias' | 'setAlias' | 'deleteAlias' | 'rollBackAlias'> = {
  listAliases: async ({ query, store }) => ({ json: jsonPage(await store.aliases.list(query)) }),

  getAlias: async ({ params, store }) => ({ json: await store.aliases.get(params.name) }),

  setAlias: async ({ params, body, store, request }) => ({
    json: await store.aliases.set(params.name, body, request.keyId),
  }),

  async deleteAlias({ params, store }) {
    await store.aliases.delete(params.name);
    return undefined;
  },

  rollBackAlias: async ({ params, store, request }) => ({
    json: await store.aliases.rollBack(params.name, request.keyId),
  }),
};
