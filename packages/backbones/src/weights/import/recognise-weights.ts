import { existsSync } from 'node:fs';
import path from 'node:path';
import { type CatalogueEntry, catalogue } from '../../catalogue/entries.js';
import { differences, openWeights } from '../../catalogue/open-weights.js';
import type { ClipActivation } from '../../families/clip.js';
import { WeightsError } from '../../weights-error.js';

export interface RecogniseOptions {
  /** How the weights are called in messages. */
  readonly name: string;
  /** The backbone that they should be of, if that is known. */
  readonly wanted?: CatalogueEntry | undefined;
  /** What is known of how they were trained. */
  readonly activation?: ClipActivation | undefined;
}

/**
 * The backbone that the weights in a folder are of, by their names and shapes. Throws `WeightsError`: with what differs
 * when they are of no backbone or not of the wanted one, and when several have the same shapes.
 */
export function recogniseWeights(folder: string, { name, wanted, activation }: RecogniseOptions): CatalogueEntry {
  if (wanted) {
    const differing = compare(folder, wanted, name);
    if (differing.length > 0) throw notOf(name, wanted, differing);
    if (activation !== undefined && wanted.family !== 'timm-vit' && activation !== wanted.activation) {
      throw notOf(name, wanted, [`the activation is ${activation}, not ${wanted.activation}`]);
    }
    return wanted;
  }
  const compared = candidates(folder).map((entry) => attempt(folder, entry, name));
  const fitting = compared
    .filter(({ differing }) => differing?.length === 0)
    .map(({ entry }) => entry)
    .filter((entry) => activation === undefined || entry.activation === activation);
  if (fitting.length === 1) return fitting[0]!;
  if (fitting.length > 1) {
    const ids = fitting.map(({ id }) => id).join(' and ');
    throw new WeightsError(
      'ambiguous-weights',
      `${name} has the shapes of ${ids}, which were trained in different ways; say which one it is (--as ID).`,
    );
  }
  const [nearest] = compared
    .filter(({ differing }) => differing !== undefined && differing.length > 0)
    .sort((a, b) => a.differing!.length - b.differing!.length);
  if (nearest) throw notOf(name, nearest.entry, nearest.differing!, 'no backbone; the nearest is');
  throw compared[0]!.fault ?? new Error('Weights fit a backbone and none; this is a bug.');
}

/** BiomedCLIP needs its vocabulary; the other backbones have one file each. */
const candidates = (folder: string): CatalogueEntry[] =>
  catalogue.filter(({ bundled, files }) => !bundled && files.every((name) => existsSync(path.join(folder, name))));

interface Compared {
  readonly entry: CatalogueEntry;
  readonly differing?: string[];
  /** Why they cannot be opened as this backbone. */
  readonly fault?: WeightsError;
}

function attempt(folder: string, entry: CatalogueEntry, name: string): Compared {
  try {
    return { entry, differing: compare(folder, entry, name) };
  } catch (error) {
    if (error instanceof WeightsError) return { entry, fault: error };
    throw error;
  }
}

function compare(folder: string, entry: CatalogueEntry, name: string): string[] {
  const missing = entry.files.find((file) => !existsSync(path.join(folder, file)));
  if (missing !== undefined) {
    throw new WeightsError('weights-missing', `${entry.id} needs ${missing} too; put it beside ${name}.`);
  }
  try {
    return differences(entry, openWeights(folder, entry));
  } catch (error) {
    if (!(error instanceof WeightsError)) throw error;
    // The file lies under another name for now.
    const message = error.message.replaceAll(path.join(folder, entry.files[0]!), name);
    throw new WeightsError(error.code, message, { cause: error });
  }
}

function notOf(name: string, { id }: CatalogueEntry, differing: string[], are = 'not those of'): WeightsError {
  const list = differing.join(', ');
  return new WeightsError(
    'bad-configuration',
    `The weights in ${name} are ${are} ${id}: ${list}; check that it is the right file.`,
  );
}
