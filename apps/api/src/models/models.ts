import type { HandlersOf } from '../http/handlers.js';
import { jsonPage } from '../http/json-page.js';

export const modelHandlers: HandlersOf<'listModels' | 'getModel' | 'deleteModel'> = {
  listModels: async ({ query, store }) => ({ json: jsonPage(await store.models.list(query)) }),

  getModel: async ({ params, store }) => ({ json: await store.models.get(params.id) }),

  async deleteModel({ params, store }) {
    await store.models.delete(params.id);
    return undefined;
  },
};
