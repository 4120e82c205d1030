import { ProblemError } from '@mediclip/contracts';
import { ModelHasAlias, RecordInUse } from '@mediclip/store';
import type { HandlersOf } from '../http/handlers.js';
import { jsonPage } from '../http/json-page.js';

export const modelHandlers: HandlersOf<'listModels' | 'getModel' | 'deleteModel'> = {
  listModels: async ({ query, store }) => ({ json: jsonPage(await store.models.list(query)) }),

  getModel: async ({ params, store }) => ({ json: await store.models.get(params.id) }),

  async deleteModel({ params, store }) {
    try {
      await store.models.delete(params.id);
    } catch (error) {
      if (error instanceof ModelHasAlias) {
        throw new ProblemError('model-has-alias', error.message, { aliases: [...error.aliases] });
      }
      if (!(error instanceof RecordInUse)) throw error;
      throw new ProblemError('model-in-use', error.message, { jobIds: [...error.jobIds] });
    }
    return undefined;
  },
};
