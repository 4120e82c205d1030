import type { HandlersOf } from '../http/handlers.js';
import { jsonPage } from '../http/json-page.js';
import { countVerdicts } from './count-verdicts.js';

export const modelHandlers: HandlersOf<'listModels' | 'getModel' | 'setResidency' | 'changeModel' | 'deleteModel'> = {
  listModels: async ({ query: { name, datasetId, ...page }, store }) => ({
    json: jsonPage(await store.models.list(page, { name, datasetId })),
  }),

  async getModel({ params, store }) {
    const model = await store.models.get(params.id);
    const judged = await store.judgedImages.of(model.id);
    const isPinned = (await store.pinnedModels.list()).includes(model.id);
    return {
      json: {
        ...model,
        ...(isPinned && { pinned: true as const }),
        ...(judged.length > 0 && { verdicts: countVerdicts(judged) }),
      },
    };
  },

  async setResidency({ params, body, store }) {
    const model = await store.models.get(params.id);
    await store.pinnedModels.set(model.id, body.pinned);
    return { json: { ...model, ...(body.pinned && { pinned: true as const }) } };
  },

  changeModel: async ({ params, body, store }) => ({ json: await store.models.change(params.id, body) }),

  async deleteModel({ params, store }) {
    await store.models.delete(params.id);
    return undefined;
  },
};
