import type { HandlersOf } from '../http/handlers.js';
import { jsonPage } from '../http/json-page.js';
import { countVerdicts } from './count-verdicts.js';

export const modelHandlers: HandlersOf<'listModels' | 'getModel' | 'deleteModel'> = {
  listModels: async ({ query, store }) => ({ json: jsonPage(await store.models.list(query)) }),

  async getModel({ params, store }) {
    const model = await store.models.get(params.id);
    const judged = await store.judgedImages.of(model.id);
    return { json: { ...model, ...(judged.length > 0 && { verdicts: countVerdicts(judged) }) } };
  },

  async deleteModel({ params, store }) {
    await store.models.delete(params.id);
    return undefined;
  },
};
