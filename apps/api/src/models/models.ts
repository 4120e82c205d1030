import { type Model, type ModelSummary, ProblemError } from '@mediclip/contracts';
import { ModelHasAlias, RecordInUse } from '@mediclip/store';
import type { HandlersOf } from '../http/handlers.js';
import { jsonPage } from '../http/json-page.js';

export const modelHandlers: HandlersOf<'listModels' | 'getModel' | 'deleteModel'> = {
  async listModels({ query, store }) {
    const { items, nextCursor } = await store.models.list(query);
    return { json: jsonPage({ items: items.map(toSummary), nextCursor }) };
  },

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

function toSummary({ id, name, createdAt, configuration, lineage, calibration }: Model): ModelSummary {
  const { backbone, preset, shots } = configuration;
  const { datasetId } = lineage;
  return {
    id,
    ...(name !== undefined && { name }),
    createdAt,
    backbone,
    preset,
    shots,
    datasetId,
    calibrated: calibration !== null,
  };
}
