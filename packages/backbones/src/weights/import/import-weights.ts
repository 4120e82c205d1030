import { existsSync } from 'node:fs';
import { constants, copyFile, link, mkdtemp, realpath, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from '@mediclip/files';
import { type CatalogueEntry, catalogueEntry, openClipFile } from '../../catalogue/entries.js';
import { WeightsError } from '../../weights-error.js';
import { convertCheckpoint } from '../conversion/convert-checkpoint.js';
import { joinShards } from '../conversion/join-shards.js';
import { combinedDigest, listedDigests, recordDigests } from '../digests.js';
import { recogniseWeights } from './recognise-weights.js';
import { recordedActivation } from './recorded-activation.js';

export interface ImportOptions {
  /** Holds a folder of weights per backbone. */
  readonly modelsFolder: string;
  /** Which backbone of the catalogue the weights are of; by default the one whose names and shapes they have. */
  readonly id?: string | undefined;
}

export interface PlacedWeights {
  readonly id: string;
  /** `modelsFolder/id`. */
  readonly folder: string;
  /** SHA-256 of the weights, hexadecimal. */
  readonly digest: string;
}

/**
 * Copies a user's weights into `modelsFolder/<id>/`, whole or not at all, with their digests. `file` is a
 * safetensors file (a hard link to it, or a copy on another file system), the index of a sharded one, or a PyTorch zip
 * checkpoint, which are written anew; a `vocab.txt` beside it comes along where the backbone has one. Throws
 * `WeightsError` when they are of no backbone, of another one than `id`, of more than one that cannot be told apart, or
 * there already.
 */
export async function importWeights(file: string, { modelsFolder, id }: ImportOptions): Promise<PlacedWeights> {
  const wanted = id === undefined ? undefined : catalogueEntry(id);
  if (wanted) refuseBundledOrPresent(wanted, modelsFolder);
  if (!existsSync(file)) {
    throw new WeightsError('unreadable-file', `There is no file ${file}; name the file of weights to import.`);
  }
  await makeFolder(modelsFolder);
  const staging = await mkdtemp(path.join(modelsFolder, '.import-'));
  try {
    await placeFile(file, path.join(staging, openClipFile));
    const vocabulary = path.join(path.dirname(file), 'vocab.txt');
    if (existsSync(vocabulary)) await copyFile(vocabulary, path.join(staging, 'vocab.txt'));
    const entry = recogniseWeights(staging, { name: file, wanted, activation: recordedActivation(file) });
    refuseBundledOrPresent(entry, modelsFolder);
    return await publishWeights(staging, entry, modelsFolder);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Refuses weights that come with the product, or that are in their folder already. Throws `WeightsError`. */
export function refuseBundledOrPresent({ id, bundled, files }: CatalogueEntry, modelsFolder: string): void {
  if (bundled) {
    throw new WeightsError(
      'weights-present',
      `The weights of "${id}" come with the product; there is nothing to bring.`,
    );
  }
  const folder = path.join(modelsFolder, id);
  if (files.every((name) => existsSync(path.join(folder, name)))) {
    throw new WeightsError(
      'weights-present',
      `The weights of "${id}" are in ${folder} already; remove it to bring others.`,
    );
  }
}

/** Records the digests of a folder of weights, and moves it to the place of its backbone. Throws `WeightsError`. */
export async function publishWeights(
  staging: string,
  { id, files }: CatalogueEntry,
  modelsFolder: string,
): Promise<PlacedWeights> {
  await recordDigests(staging, files);
  const folder = path.join(modelsFolder, id);
  await rename(staging, folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOTEMPTY' && cause.code !== 'EEXIST') throw cause;
    throw new WeightsError('weights-present', `${folder} is there already but lacks files; remove it and try again.`, {
      cause,
    });
  });
  return { id, folder, digest: combinedDigest(listedDigests(folder, files)!) };
}

async function placeFile(file: string, target: string): Promise<void> {
  if (file.endsWith('.index.json')) return joinShards(file, target);
  if (/\.(bin|pt|pth|ckpt)$/.test(file)) return convertCheckpoint(file, target);
  // A link to a symbolic link would lead nowhere from here.
  await link(await realpath(file), target).catch((error: NodeJS.ErrnoException) => {
    if (!cannotLink.includes(error.code ?? '')) throw error;
    return copyFile(file, target, constants.COPYFILE_FICLONE);
  });
}

/** Another file system, one without links, or a file of somebody else. */
const cannotLink = ['EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK', 'EACCES'];
