import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import {
  type AdaptationJob,
  type ChosenShots,
  chooseDistinctShots,
  firstOfEach,
  pixelDigest,
  type ShotsOrigin,
  shotPreparation,
  shotsOf,
} from '@mediclip/adaptation';
import type { AdaptationOptions, ChosenIntensity } from '@mediclip/contracts';
import { chosenIntensity, type GreyStatistics, givenIntensity, type ImagingPool } from '@mediclip/imaging';
import pMap from 'p-map';
import type { ReadingFlags } from '../commands/reading-flags.js';
import { filesAtOnce, readImageFile } from '../image-files.js';
import { naming, withImagingPool } from '../images.js';
import { UsageError } from '../usage-error.js';
import type { DataFolder } from './data-files.js';
import { readDataFolder } from './data-folder.js';

/** Called with what is in the folder, and with a sentence for each shot that cannot be used. */
export interface ShotsReport {
  found?(folder: DataFolder): void;
  leftOut?(file: string, message: string): void;
  note?(file: string, note: string): void;
}

/** The shots of a folder, and what was left out for being like them. */
export interface LoadedShots {
  readonly images: AdaptationJob['images'];
  /** Per image, its file. */
  readonly files: readonly string[];
  readonly origin: ShotsOrigin;
  /** How greys deeper than 8 bits were rendered. */
  readonly intensity: ChosenIntensity | undefined;
  /** Files that were left out as copies or near copies: which, and the shot that each is like. */
  readonly copies: readonly { readonly file: string; readonly of: string }[];
}

interface Shot {
  readonly image: AdaptationJob['images'][number];
  readonly statistics: GreyStatistics | undefined;
  readonly notes: readonly string[];
}

const several = { concurrency: filesAtOnce };

/**
 * The shots that the seed chooses among all normal training images of a folder, distinct pictures, as training sees
 * them with `side` pixels a side. Only they are read, and files that are equally large, so that a folder may hold any
 * number. Those that cannot be used are left out, and the seed chooses among the others. Throws a UsageError that names
 * the first of them when too few others are left, and an AdaptationError when there are too few images, or too few
 * distinct ones.
 */
export async function loadShots(
  folder: string,
  options: Pick<AdaptationOptions, 'shots' | 'seed' | 'preset' | 'intensity'>,
  side: number,
  report: ShotsReport = {},
  reading: ReadingFlags = {},
): Promise<LoadedShots> {
  const data = await readDataFolder(folder);
  const firstOfBytes = await firstOfEqualFiles(data.trainNormal);
  const faults = new Map<string, UsageError>();
  const kind = shotPreparation(options);
  const given = givenIntensity(options.intensity);
  return withImagingPool(reading, async (pool) => {
    for (;;) {
      const places = [...data.trainNormal.keys()].filter((place) => !faults.has(data.trainNormal[place]!));
      const files = places.map((place) => data.trainNormal[place]!);
      const [first] = faults.values();
      if (first && files.length < options.shots) throw first;
      const chosen = await chooseAmong(
        files,
        firstOfEach(places.map((place) => firstOfBytes[place]!)),
        options,
        async (chosenFiles) =>
          (await readShots(pool, chosenFiles, { side, kind: 'test', intensity: given }, faults))?.map(
            ({ image }) => image,
          ),
      );
      if (!chosen) continue;
      const shotFiles = chosen.shots.map((index) => files[index]!);
      const looked = await readShots(pool, shotFiles, { side, kind: 'test', intensity: given }, faults);
      if (!looked) continue;
      const intensity = chosenIntensity(
        options.intensity,
        looked.flatMap(({ statistics }) => statistics ?? []),
      );
      const scored = intensity ? await readShots(pool, shotFiles, { side, kind: 'test', intensity }, faults) : looked;
      const shots = kind === 'test' ? scored : await readShots(pool, shotFiles, { side, kind, intensity }, faults);
      if (!scored || !shots) continue;
      report.found?.(data);
      for (const [file, fault] of faults) report.leftOut?.(file, fault.message);
      for (const [i, { notes }] of shots.entries()) for (const note of notes) report.note?.(shotFiles[i]!, note);
      return {
        images: shotsOf(shots.map(({ image }) => image)),
        files: shotFiles,
        origin: { pixelDigests: scored.map(({ image }) => pixelDigest(image)), copies: chosen.copies.length },
        intensity,
        copies: chosen.copies.map(({ index, of }) => ({ file: files[index]!, of: files[of]! })),
      };
    }
  });
}

/** The choice, or nothing when one of the files that it needs cannot be used. */
async function chooseAmong(
  files: readonly string[],
  firstOfBytes: readonly number[],
  options: Pick<AdaptationOptions, 'shots' | 'seed'>,
  read: (files: readonly string[]) => Promise<AdaptationJob['images'] | undefined>,
): Promise<ChosenShots | undefined> {
  const unusable = new Error('A file cannot be used.');
  try {
    return await chooseDistinctShots(firstOfBytes, options, async (indices) => {
      const shots = await read(indices.map((index) => files[index]!));
      if (!shots) throw unusable;
      return shots;
    });
  } catch (error) {
    if (error === unusable) return undefined;
    throw error;
  }
}

/** How shots are looked at. */
interface ShotsView {
  readonly side: number;
  readonly kind: 'train' | 'test';
  readonly intensity: ChosenIntensity | undefined;
}

/** The images of files, or nothing when some cannot be used, which are added to `faults`. */
async function readShots(
  pool: ImagingPool,
  files: readonly string[],
  { side, kind, intensity }: ShotsView,
  faults: Map<string, UsageError>,
): Promise<Shot[] | undefined> {
  const shots = await pMap(
    files,
    async (file) => {
      try {
        const wants = { prepared: { side, kind }, intensity, statistics: true as const };
        const { prepared, statistics, description } = await naming(file, pool.frame(await readImageFile(file), wants));
        return { image: prepared, statistics, notes: description.notes };
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        faults.set(file, error);
        return undefined;
      }
    },
    several,
  );
  const usable = shots.flatMap((shot) => shot ?? []);
  return usable.length === files.length ? usable : undefined;
}

/**
 * Per file the index of the first one with the same bytes, its own where no earlier one has. Reads only files of equal
 * sizes.
 */
async function firstOfEqualFiles(files: readonly string[]): Promise<number[]> {
  const sizes = await pMap(files, async (file) => (await stat(file)).size, several);
  const counts = new Map<number, number>();
  for (const size of sizes) counts.set(size, (counts.get(size) ?? 0) + 1);
  const digests = await pMap(
    files,
    async (file, index) =>
      counts.get(sizes[index]!) === 1
        ? `file ${index}`
        : createHash('sha256')
            .update(await readImageFile(file))
            .digest('hex'),
    several,
  );
  return firstOfEach(digests);
}
