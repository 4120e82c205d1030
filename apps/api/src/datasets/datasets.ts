import { RecordExists } from '@mediclip/store';
import type { HandlersOf } from '../http/handlers.js';
import { jsonPage } from '../http/json-page.js';
import type { TenantUsage } from '../usage/tenant-usage.js';

export function datasetHandlers(
  usage: TenantUsage,
): HandlersOf<'createDataset' | 'listDatasets' | 'getDataset' | 'changeDataset' | 'deleteDataset'> {
  return {
    async createDataset({ body, store, newId }) {
      await usage.assertRoom(store, { datasets: 1 });
      const { datasets } = store;
      const dataset = await datasets.create(body, newId).catch((error: unknown) => {
        if (error instanceof RecordExists) return datasets.get(newId);
        throw error;
      });
      usage.added(store, { datasets: 1 });
      return { json: dataset, location: `/v1/datasets/${dataset.id}` };
    },

    listDatasets: async ({ query: { name, ...page }, store }) => ({
      json: jsonPage(await store.datasets.list(page, { name })),
    }),

    getDataset: async ({ params, store }) => ({ json: await store.datasets.get(params.id) }),

    changeDataset: async ({ params, body, store }) => ({ json: await store.datasets.change(params.id, body) }),

    async deleteDataset({ params, query, store }) {
      await store.datasets.delete(params.id, { derived: query.derived === 'true' });
      return undefined;
    },
  };
}
