import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from '@mediclip/files';
import { catalogueEntry } from '../catalogue/entries.js';
import { type PlacedWeights, publishWeights, refuseBundledOrPresent } from '../weights/import/import-weights.js';
import { recogniseWeights } from '../weights/import/recognise-weights.js';
import { WeightsError } from '../weights-error.js';
import { download } from './download.js';
import type { HubOptions } from './hub.js';
import { defaultRetryPolicy, type RetryPolicy, withRetries } from './retry.js';

export interface PullOptions {
  /** Holds a folder of weights per backbone. */
  readonly modelsFolder: string;
  readonly hub?: HubOptions;
  readonly signal?: AbortSignal;
  /** Called with how many bytes of a file are here. */
  readonly onProgress?: (doneBytes: number, totalBytes: number, file: string) => void;
  readonly policy?: RetryPolicy;
}

/**
 * Brings the weights of a backbone from the hub into `modelsFolder/<id>/`, whole or not at all, with their digests.
 * What has come of a pull that was stopped lies in `modelsFolder/<id>.partial/`, from which the next one goes on.
 * Rejects with a `WeightsError` when they cannot be had or are other weights than the catalogue says, and with the
 * signal's reason.
 */
export async function pullWeights(id: string, options: PullOptions): Promise<PlacedWeights> {
  const { modelsFolder, signal, onProgress, policy = defaultRetryPolicy } = options;
  const entry = catalogueEntry(id);
  const { hubRepository, files } = entry;
  refuseBundledOrPresent(entry, modelsFolder);
  if (hubRepository === null) {
    throw new WeightsError(
      'not-on-hub',
      `The hub has "${id}" as a PyTorch checkpoint only; download it (open_clip_pytorch_model.bin and vocab.txt into one folder) and import it with \`mediclip weights import\`.`,
    );
  }
  const staging = path.join(modelsFolder, `${id}.partial`);
  await makeFolder(staging);
  // Loaded when needed: its HTTP client is larger than all else of this room.
  const { Hub } = await import('./hub.js');
  const hub = new Hub(options.hub);
  try {
    for (const name of files) {
      const target = path.join(staging, name);
      if (existsSync(target)) continue;
      const file = await withRetries(() => hub.find(hubRepository, name, signal), policy, signal);
      const tell = onProgress && ((done: number, total: number) => onProgress(done, total, name));
      await download(hub, file, target, { policy, signal, onProgress: tell });
    }
  } finally {
    await hub.close();
  }
  try {
    recogniseWeights(staging, { name: `${hubRepository} of the hub`, wanted: entry });
  } catch (error) {
    await rm(staging, { recursive: true });
    throw error;
  }
  return publishWeights(staging, entry, modelsFolder);
}
