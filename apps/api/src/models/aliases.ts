import { assertCanSend, type DicomwebSettings } from '@mediclip/dicomweb';
import type { HandlersOf } from '../http/handlers.js';
import { jsonPage } from '../http/json-page.js';

type AliasOperation = 'listAliases' | 'getAlias' | 'setAlias' | 'deleteAlias' | 'rollBackAlias';

export const aliasHandlers = (dicomweb: DicomwebSettings): HandlersOf<AliasOperation> => ({
  listAliases: async ({ query, store }) => ({ json: jsonPage(await store.aliases.list(query)) }),

  getAlias: async ({ params, store }) => ({ json: await store.aliases.get(params.name) }),

  async setAlias({ params, body, store, request }) {
    if (body.dicomResults) assertCanSend(dicomweb, body.dicomResults.server, store.tenant);
    return { json: await store.aliases.set(params.name, body, request.keyId) };
  },

  async deleteAlias({ params, store }) {
    await store.aliases.delete(params.name);
    return undefined;
  },

  rollBackAlias: async ({ params, store, request }) => ({
    json: await store.aliases.rollBack(params.name, request.keyId),
  }),
});
