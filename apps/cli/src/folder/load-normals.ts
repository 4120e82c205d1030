import { type AdaptationJob, DistinctPictures, pixelDigest, shotsOf } from '@mediclip/adaptation';
import type { ChosenIntensity } from '@mediclip/contracts';
import type { ImagingPool } from '@mediclip/imaging';
import pMap from 'p-map';
import type { ReadingFlags } from '../commands/reading-flags.js';
import { filesAtOnce, readImageFile } from '../image-files.js';
import { naming, withImagingPool } from '../images.js';
import { UsageError } from '../usage-error.js';
import { readDataFolder } from './data-folder.js';

type Picture = AdaptationJob['images'][number];

/** The normals of a revision, in the order in which the detector is to know them. */
export interface RevisionNormals {
  /** Those that it knows, then those that are added. */
  readonly images: readonly Picture[];
  /** Per image. */
  readonly pixelDigests: readonly string[];
  /** Files of the added ones. */
  readonly added: readonly string[];
  /** Normal files that show what the detector knows, or an added one. */
  readonly copies: readonly string[];
}

export interface NormalsWanted {
  /** Per normal that the detector knows, the digest of its pixels. */
  readonly known: readonly string[];
  /** Folder that these are in. */
  readonly knownFolder: string;
  /** Folder whose normal training images are added. */
  readonly folder: string;
  /** Pixels. */
  readonly side: number;
  /** How the detector sees greys deeper than 8 bits. */
  readonly intensity: ChosenIntensity | undefined;
  /** Called with a sentence for each file that cannot be used. */
  leftOut(message: string): void;
  /** How files are read that can be read in more than one way. */
  readonly reading?: ReadingFlags;
}

/**
 * Reads the normals of a revision: those that the detector knows are found by their pixels among the normal training
 * images of `knownFolder`. Throws a UsageError when some are not there, or `folder` has none that it does not know.
 */
export async function loadNormals(wanted: NormalsWanted): Promise<RevisionNormals> {
  const { known, knownFolder, folder, reading = {} } = wanted;
  return withImagingPool(reading, async (pool) => {
    const offered = await readNormals(pool, folder, wanted);
    const searched = knownFolder === folder ? offered : await readNormals(pool, knownFolder, wanted);
    const byDigest = new Map(searched.map(({ digest, picture }) => [digest, picture]));
    const missing = known.filter((digest) => !byDigest.has(digest)).length;
    if (missing > 0) {
      throw new UsageError(
        `${missing} of the ${known.length} normal images that the model knows are not in ${knownFolder}: name the folder that it was adapted to with --known.`,
      );
    }
    const distinct = new DistinctPictures<string>();
    for (const digest of known) distinct.add(digest, byDigest.get(digest)!);
    const added = offered.filter(({ file, picture }) => distinct.add(file, picture) === undefined);
    if (added.length === 0) {
      throw new UsageError(`${folder} has no normal image that the model does not know: add some.`);
    }
    const files = new Set(added.map(({ file }) => file));
    return {
      images: shotsOf([...known.map((digest) => byDigest.get(digest)!), ...added.map(({ picture }) => picture)]),
      pixelDigests: [...known, ...added.map(({ digest }) => digest)],
      added: [...files],
      copies: offered.flatMap(({ file, digest }) => (files.has(file) || known.includes(digest) ? [] : [file])),
    };
  });
}

/** The normal training images of a folder as they are scored. */
async function readNormals(pool: ImagingPool, folder: string, { side, intensity, leftOut }: NormalsWanted) {
  const { trainNormal } = await readDataFolder(folder);
  const read = await pMap(
    trainNormal,
    async (file) => {
      try {
        const wants = { prepared: { side, kind: 'test' }, intensity } as const;
        const { prepared: picture } = await naming(file, pool.frame(await readImageFile(file), wants));
        return [{ file, picture, digest: pixelDigest(picture) }];
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        leftOut(error.message);
        return [];
      }
    },
    { concurrency: filesAtOnce },
  );
  return read.flat();
}
