import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Backbone } from '../backbone.js';
import { liteFolder, openLite } from '../families/lite.js';
import { combinedDigest, listedDigests, verifiedDigests } from '../weights/digests.js';
import { WeightsError } from '../weights-error.js';
import { type CatalogueEntry, catalogue, catalogueEntry } from './entries.js';
import { differences, openWeights } from './open-weights.js';

export interface CatalogueOptions {
  /**
   * Holds a folder of weights per backbone, `ID/FILE` and optionally `ID/SHA256SUMS`; without it only the bundled
   * backbone is at hand.
   */
  readonly modelsFolder?: string | undefined;
}

export interface ListedBackbone extends CatalogueEntry {
  readonly weightsPresent: boolean;
  /**
   * SHA-256 of the weights, hexadecimal; null where they are missing or came without a list of digests and have not
   * been read yet.
   */
  readonly digest: string | null;
}

/**
 * The catalogue in its order, and which weights are at hand. Weight files are not read. Throws `WeightsError` for a
 * damaged list of digests.
 */
export function listBackbones(options: CatalogueOptions = {}): ListedBackbone[] {
  return catalogue.map((entry) => listed(entry, options));
}

/** The same of one backbone, with a look at its files alone; undefined for an id that is not in the catalogue. */
export function listedBackbone(id: string, options: CatalogueOptions = {}): ListedBackbone | undefined {
  const entry = catalogue.find((candidate) => candidate.id === id);
  return entry && listed(entry, options);
}

function listed(entry: CatalogueEntry, options: CatalogueOptions): ListedBackbone {
  const folder = weightsFolder(entry, options);
  const weightsPresent = folder !== undefined && missingFiles(folder, entry).length === 0;
  const digests = weightsPresent ? listedDigests(folder, entry.files) : undefined;
  return { ...entry, weightsPresent, digest: digests ? combinedDigest(digests) : null };
}

/**
 * Opens a backbone of the catalogue. Its weights are checked against the list of digests in their folder, if there is
 * one; unchanged files are hashed once per process. Throws `WeightsError` for an unknown id, and when the weights are
 * missing, damaged or another model's.
 */
export function openBackbone(id: string, options: CatalogueOptions = {}): Backbone {
  const entry = catalogueEntry(id);
  if (entry.bundled) return openLite();
  const folder = weightsFolder(entry, options);
  if (!folder) {
    throw new WeightsError(
      'weights-missing',
      `No models folder is set, so the weights of "${id}" cannot be found; set one or use "lite".`,
    );
  }
  const missing = missingFiles(folder, entry);
  if (missing.length > 0) {
    throw new WeightsError(
      'weights-missing',
      `The weights of "${id}" are not here; bring them with \`mediclip weights\`, or put ${missing.join(' and ')} into ${folder}.`,
    );
  }
  const digest = combinedDigest(verifiedDigests(folder, entry.files));
  const backbone = openWeights(folder, entry);
  const differing = differences(entry, backbone);
  if (differing.length > 0) {
    throw new WeightsError(
      'bad-configuration',
      `The weights in ${folder} are not those of "${id}": ${differing.join(', ')}.`,
    );
  }
  return { ...backbone, id, licence: entry.licence, digest };
}

function weightsFolder({ id, bundled }: CatalogueEntry, { modelsFolder }: CatalogueOptions): string | undefined {
  if (bundled) return liteFolder;
  return modelsFolder === undefined ? undefined : join(modelsFolder, id);
}

const missingFiles = (folder: string, { files }: CatalogueEntry): string[] =>
  files.filter((file) => !existsSync(join(folder, file)));
