import type { Dataset } from '@mediclip/contracts';
import { onServer, type Server } from '../../server/server.js';
import { uploadFolder } from '../../server/upload-folder.js';
import { createOutput, type Output } from '../../terminal/output.js';
import type { ReadingFlags } from '../reading-flags.js';
import { type JsonFlags, tellEach } from './tell-each.js';

const tell = (output: Output, dataset: Dataset) => {
  output.event({ event: 'dataset', ...dataset });
  output.line([dataset.id, dataset.createdAt, `${dataset.counts.total} images`.padStart(12), dataset.name].join('  '));
};

export const listDatasets = ({ client }: Server, flags: JsonFlags): Promise<void> =>
  tellEach(client.listDatasets(), tell, flags);

export async function showDataset({ client }: Server, id: string, { json }: JsonFlags): Promise<void> {
  tell(createOutput(json), await onServer(client.getDataset(id)));
}

export interface UploadFlags extends JsonFlags, ReadingFlags {
  readonly name?: string;
  readonly into?: string;
}

/** `mediclip datasets upload FOLDER`. */
export async function upload(server: Server, folder: string, flags: UploadFlags, signal: AbortSignal): Promise<void> {
  const output = createOutput(flags.json);
  const { dataset } = await onServer(uploadFolder(server, folder, { output, signal }, flags));
  tell(output, await onServer(server.client.getDataset(dataset.id)));
}

export async function deleteDataset(
  { client }: Server,
  id: string,
  { json, derived }: JsonFlags & { readonly derived: boolean },
): Promise<void> {
  await onServer(client.deleteDataset(id, { derived }));
  createOutput(json).event({ event: 'dataset-deleted', id });
}
