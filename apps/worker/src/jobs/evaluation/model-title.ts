import type { Model } from '@mediclip/contracts';
import { RecordNotFound, type TenantStore } from '@mediclip/store';

/** What a report calls a model: its name, else the data set that it was made from and the day. */
export async function modelTitle({ datasets }: Pick<TenantStore, 'datasets'>, model: Model): Promise<string> {
  const { name, lineage, createdAt } = model;
  if (name !== undefined) return name;
  const day = createdAt.slice(0, 10);
  try {
    return `the model from ${(await datasets.get(lineage.datasetId)).name} of ${day}`;
  } catch (error) {
    if (error instanceof RecordNotFound) return `the model of ${day}`;
    throw error;
  }
}
