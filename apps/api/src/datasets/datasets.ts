import { ProblemError } from '@mediclip/contracts';
import { RecordExists, RecordInUse } from '@mediclip/store';
import type { HandlersOf } from '../http/handlers.js';
import { jsonPage } from '../http/json-page.js';

export const datasetHandlers: HandlersOf<'createDataset' | 'listDatasets' | 'getDataset' | 'deleteDataset'> = {
  async createDataset({ body, store: { datasets }, newId }) {
    const dataset = await datasets.create(body, newId).catch((error: unknown) => {
      if (error instanceof RecordExists) return datasets.get(newId);
      throw error;
    });
    return { json: dataset, location: `/v1/datasets/${dataset.id}` };
  },

  listDatasets: async ({ query, store }) => ({ json: jsonPage(await store.datasets.list(query)) }),

  getDataset: async ({ params, store }) => ({ json: await store.datasets.get(params.id) }),

  async deleteDataset({ params, store }) {
    await refusingWhileInUse(store.datasets.delete(params.id));
    return undefined;
  },
};

/** Names the jobs that stand in the way of a deletion. */
export async function refusingWhileInUse(deletion: Promise<void>): Promise<void> {
  try {
    await deletion;
  } catch (error) {
    if (!(error instanceof RecordInUse)) throw error;
    throw new ProblemError('data-set-in-use', error.message, { jobIds: [...error.jobIds] });
  }
}
