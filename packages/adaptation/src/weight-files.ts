import { constants } from 'node:fs';
import { copyFile, link, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Backbone } from '@mediclip/backbones';
import { externalLocations, type ModelSource, type Value } from '@mediclip/onnx-graph';
import { writeFileWhole } from './write-file-whole.js';

/** Those of a backbone's weight files that a graph refers to: absolute path by location. */
export function usedWeights(backbone: Backbone, outputs: readonly Value[]): Record<string, string> {
  return Object.fromEntries(externalLocations(outputs).map((location) => [location, backbone.weights[location]!]));
}

/** The bytes of weight files, by the location under which graphs refer to them. */
export async function readWeights(weights: Readonly<Record<string, string>>): Promise<Record<string, Uint8Array>> {
  const entries = Object.entries(weights).map(async ([location, path]) => [location, await readFile(path)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/**
 * Writes a model file and lays the weight files that it refers to beside it: ONNX Runtime reads external data only from the
 * model's own folder. They are hard links; where the file system cannot link, the model is given as bytes with its weights.
 */
export async function placeModel(
  file: string,
  model: Uint8Array,
  weights: Readonly<Record<string, string>>,
): Promise<ModelSource> {
  await writeFileWhole(file, model);
  try {
    for (const [location, source] of Object.entries(weights)) await linkBeside(file, location, source);
    return { path: file };
  } catch (error) {
    if (!cannotLink(error)) throw error;
    return { bytes: model, externalData: await readWeights(weights) };
  }
}

/**
 * The same for a model that is to be carried away: with copies of the weight files (which share their blocks where the file system can), because
 * tools that load ONNX files refuse external data with several hard links.
 */
export async function placeWholeModel(
  file: string,
  model: Uint8Array,
  weights: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [location, source] of Object.entries(weights)) {
    await copyFile(source, path.join(path.dirname(file), location), constants.COPYFILE_FICLONE);
  }
  await writeFileWhole(file, model);
}

async function linkBeside(file: string, location: string, source: string): Promise<void> {
  await link(source, path.join(path.dirname(file), location)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

const cannotLink = (error: unknown): boolean =>
  ['EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '');
