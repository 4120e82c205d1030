import { assertCanSend, type DicomwebSettings } from '@mediclip/dicomweb';
import type { HandlersOf } from '../http/handlers.js';
import { jsonPage } from '../http/json-page.js';
import type { ServerMemory } from '../memory.js';
import { countVerdicts } from './count-verdicts.js';

/** What a record takes besides its text: its values, and the answer. */
const copies = 3;

export function modelHandlers(
  memory: Pick<ServerMemory, 'export'>,
  dicomweb: DicomwebSettings,
): HandlersOf<'listModels' | 'getModel' | 'setResidency' | 'changeModel' | 'deleteModel'> {
  return {
    listModels: async ({ query: { name, datasetId, ...page }, store }) => ({
      json: jsonPage(await store.models.list(page, { name, datasetId })),
    }),

    async getModel({ params, store, signal, reply }) {
      const bytes = copies * (await store.models.recordBytes(params.id));
      const lease = await memory.export.take(bytes, { signal, caller: store.tenant });
      reply.raw.once('close', () => lease.giveBack());
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

    async changeModel({ params, body, store }) {
      if (body.dicomResults) assertCanSend(dicomweb, body.dicomResults.server, store.tenant);
      return { json: await store.models.change(params.id, body) };
    },

    async deleteModel({ params, store }) {
      await store.models.delete(params.id);
      return undefined;
    },
  };
}
