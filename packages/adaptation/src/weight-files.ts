import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, copyFile, link, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Backbone } from '@mediclip/backbones';
import { writeFileWhole } from '@mediclip/files';
import { externalLocations, type Runtime, type Session, type Value } from '@mediclip/onnx-graph';
import { AdaptationError } from './errors.js';

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
 * From this size on the weight files of a model count as large: they are mapped by the runtime and never read into
 * buffers, and their tower is given few batch shapes and, on a processor, 8 bits.
 */
export const largeBytes = 2 ** 28;

/** The bytes of the weight files together. */
export async function weightBytes(weights: Readonly<Record<string, string>>): Promise<number> {
  const files = await Promise.all(Object.values(weights).map((file) => stat(file)));
  return files.reduce((sum, { size }) => sum + size, 0);
}

/**
 * Loads a model that refers to weight files. Small files are read and given as bytes. Large ones are mapped, so that
 * they are read once for all processes: the model is written to a file in the folder of the weights for as long as it
 * loads, or where that folder cannot be written, in a temporary folder with hard links to them. Throws an
 * `AdaptationError` when neither can be.
 */
export async function loadModel(
  runtime: Runtime,
  model: Uint8Array,
  weights: Readonly<Record<string, string>>,
  mapFrom: number = largeBytes,
): Promise<Session> {
  if ((await weightBytes(weights)) < mapFrom) {
    return runtime.createSession({ bytes: model, externalData: await readWeights(weights) });
  }
  const folder = await writableFolder(weights);
  if (folder === undefined) return loadWithLinks(runtime, model, weights);
  await removeLeftovers(folder);
  return loadFrom(runtime, model, folder);
}

/** The folder of the weight files, if it is one for all and can be written. */
export async function writableFolder(weights: Readonly<Record<string, string>>): Promise<string | undefined> {
  const [folder, ...others] = new Set(Object.values(weights).map((file) => path.dirname(file)));
  if (folder === undefined || others.length > 0) return undefined;
  return access(folder, constants.W_OK).then(
    () => folder,
    () => undefined,
  );
}

/** With what the names of files begin that lie beside weights only while a model loads. */
export const passingPrefix = '.mediclip-';
/** Nothing loads for so long. */
const longMs = 3_600_000;

/** Removes what processes that were killed while they loaded have left in a folder of weights. */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(passingPrefix)) continue;
    const file = path.join(folder, name);
    // Another process that does the same may be faster.
    const modified = await stat(file).then(
      ({ mtimeMs }) => mtimeMs,
      () => undefined,
    );
    if (modified !== undefined && Date.now() - modified > longMs) await rm(file, { force: true });
  }
}

async function loadFrom(runtime: Runtime, model: Uint8Array, folder: string): Promise<Session> {
  const file = path.join(folder, `${passingPrefix}${randomUUID()}.onnx`);
  try {
    await writeFile(file, model);
    return await runtime.createSession({ path: file });
  } finally {
    await rm(file, { force: true });
  }
}

async function loadWithLinks(
  runtime: Runtime,
  model: Uint8Array,
  weights: Readonly<Record<string, string>>,
): Promise<Session> {
  const folder = await mkdtemp(path.join(tmpdir(), 'mediclip-'));
  try {
    const file = path.join(folder, 'model.onnx');
    for (const [location, source] of Object.entries(weights)) await linkBeside(file, location, source);
    return await loadFrom(runtime, model, folder);
  } catch (cause) {
    if (!cannotLink(cause)) throw cause;
    throw new AdaptationError(
      'weights-not-mapped',
      `The weights in ${path.dirname(Object.values(weights)[0]!)} are too large to be read whole: make that folder writable, or put the temporary folder (TMPDIR) on its file system.`,
      { cause },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Writes a model to `file`, lays the weight files that it refers to beside it, and loads it: ONNX Runtime reads
 * external data only from the model's own folder. They are hard links; where the file system cannot link, it is loaded
 * as by `loadModel`.
 */
export async function placeModel(
  runtime: Runtime,
  file: string,
  model: Uint8Array,
  weights: Readonly<Record<string, string>>,
): Promise<Session> {
  await writeFileWhole(file, model);
  try {
    for (const [location, source] of Object.entries(weights)) await linkBeside(file, location, source);
  } catch (error) {
    if (!cannotLink(error)) throw error;
    return loadModel(runtime, model, weights);
  }
  return runtime.createSession({ path: file });
}

/**
 * Writes a model that is to be carried away, with copies of the weight files (which share their blocks where the file
 * system can), because tools that load ONNX files refuse external data with several hard links.
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

/** A file that lies there already stays if it is the same one, and makes way if it is that of other weights. */
async function linkBeside(file: string, location: string, source: string): Promise<void> {
  const target = path.join(path.dirname(file), location);
  try {
    await link(source, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (await areSameFile(source, target)) return;
    const temporary = `${target}.${randomUUID()}.partial`;
    await link(source, temporary);
    await rename(temporary, target);
  }
}

async function areSameFile(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([a, b].map((file) => stat(file, { bigint: true })));
  return first!.dev === second!.dev && first!.ino === second!.ino;
}

const cannotLink = (error: unknown): boolean =>
  ['EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '');
