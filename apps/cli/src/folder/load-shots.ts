import { type AdaptationJob, chooseShots } from '@mediclip/adaptation';
import type { AdaptationOptions } from '@mediclip/contracts';
import type { ImagingPool } from '@mediclip/imaging';
import pMap from 'p-map';
import { filesAtOnce, naming, readImageFile, withImagingPool } from '../images.js';
import { UsageError } from '../usage-error.js';
import type { DataFolder } from './data-files.js';
import { readDataFolder } from './data-folder.js';

/** Hears of what is in the folder, and of shots that cannot be used, each with a sentence. */
export interface ShotsReport {
  found?(folder: DataFolder): void;
  leftOut?(file: string, message: string): void;
}

type Shot = AdaptationJob['images'][number];

/**
 * The shots that the seed chooses among all normal training images of a folder, as greys of `side` pixels a side. Only they are read,
 * so that a folder may hold any number. Those that cannot be used are left out, and the seed chooses among the others. Throws a
 * UsageError that names the first of them when too few others are left.
 */
export async function loadShots(
  folder: string,
  { shots, seed }: Pick<AdaptationOptions, 'shots' | 'seed'>,
  side: number,
  report: ShotsReport = {},
): Promise<AdaptationJob['images']> {
  const data = await readDataFolder(folder);
  const read = new Map<string, Shot | UsageError>();
  let usable = data.trainNormal;
  return withImagingPool(async (pool) => {
    for (;;) {
      const chosen = chooseShots(usable.length, shots, seed).map((index) => usable[index] ?? '');
      const unread = chosen.filter((file) => !read.has(file));
      await pMap(unread, async (file) => read.set(file, await readShot(pool, file, side)), {
        concurrency: filesAtOnce,
      });
      const faults = [...read].flatMap(([file, shot]) => (shot instanceof UsageError ? [{ file, fault: shot }] : []));
      const [first] = faults;
      usable = data.trainNormal.filter((file) => !(read.get(file) instanceof UsageError));
      if (first && usable.length < shots) throw first.fault;
      const images = chosen.flatMap((file) => {
        const shot = read.get(file);
        return shot === undefined || shot instanceof UsageError ? [] : [shot];
      });
      if (images.length < chosen.length) continue;
      report.found?.(data);
      for (const { file, fault } of faults) report.leftOut?.(file, fault.message);
      return images;
    }
  });
}

async function readShot(pool: ImagingPool, file: string, side: number): Promise<Shot | UsageError> {
  try {
    return (await naming(file, pool.frame(await readImageFile(file), { prepared: { side, kind: 'train' } }))).prepared;
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
}
