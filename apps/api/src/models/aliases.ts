import { ProblemError } from '@mediclip/contracts';
import { AliasMoved, NoEarlierModel } from '@mediclip/store';
import type { HandlersOf } from '../http/handlers.js';
import { jsonPage } from '../http/json-page.js';

export const aliasHandlers: HandlersOf<'listAliases' | 'getAlias' | 'setAlias' | 'deleteAlias' | 'rollBackAlias'> = {
  listAliases: async ({ query, store }) => ({ json: jsonPage(await store.aliases.list(query)) }),

  getAlias: async ({ params, store }) => ({ json: await store.aliases.get(params.name) }),

  async setAlias({ params, body, store, request }) {
    try {
      return { json: await store.aliases.set(params.name, body, request.keyId) };
    } catch (error) {
      if (!(error instanceof AliasMoved)) throw error;
      throw new ProblemError('alias-moved', error.message, {}, { cause: error });
    }
  },

  async deleteAlias({ params, store }) {
    await store.aliases.delete(params.name);
    return undefined;
  },

  async rollBackAlias({ params, store, request }) {
    try {
      return { json: await store.aliases.rollBack(params.name, request.keyId) };
    } catch (error) {
      if (!(error instanceof NoEarlierModel)) throw error;
      throw new ProblemError('alias-without-history', error.message, {}, { cause: error });
    }
  },
};
