import { randomUUID } from 'node:crypto';
import { link, open, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { ModelSource } from '@mediclip/onnx-graph';
import { readWeights } from './tower/tower.js';

/** Writes a file whole or not at all: temporary name, flush, rename. */
export async function writeFileWhole(file: string, bytes: Uint8Array | string): Promise<void> {
  const temporary = `${file}.${randomUUID()}.partial`;
  try {
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

/**
 * Writes a model file and lays the weight files that it refers to beside it, as hard links: ONNX Runtime reads external
 * data only from the model's own folder. Where the file system cannot link, the model is given as bytes with its weights.
 */
export async function placeModel(
  file: string,
  model: Uint8Array,
  weights: Readonly<Record<string, string>>,
): Promise<ModelSource> {
  await writeFileWhole(file, model);
  try {
    for (const [location, source] of Object.entries(weights)) {
      await linkOnce(source, path.join(path.dirname(file), location));
    }
    return { path: file };
  } catch (error) {
    if (!cannotLink(error)) throw error;
    return { bytes: model, externalData: await readWeights(weights) };
  }
}

async function linkOnce(source: string, target: string): Promise<void> {
  await link(source, target).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

const cannotLink = (error: unknown): boolean =>
  ['EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '');
