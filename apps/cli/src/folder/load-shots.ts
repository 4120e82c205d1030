import { type AdaptationJob, chooseShots, shotPreparation, shotsOf } from '@mediclip/adaptation';
import type { AdaptationOptions } from '@mediclip/contracts';
import type { ImagingPool } from '@mediclip/imaging';
import pMap from 'p-map';
import { filesAtOnce, naming, readImageFile, withImagingPool } from '../images.js';
import { UsageError } from '../usage-error.js';
import type { DataFolder } from './data-files.js';
import { readDataFolder } from './data-folder.js';

/** Hears of what is in the folder, of what was decided in reading a shot, and of shots that cannot be used. */
export interface ShotsReport {
  found?(folder: DataFolder): void;
  leftOut?(file: string, message: string): void;
  note?(file: string, note: string): void;
}

interface Shot {
  readonly image: AdaptationJob['images'][number];
  readonly notes: readonly string[];
}

/**
 * The shots that the seed chooses among all normal training images of a folder, `side` pixels a side. Only they are read,
 * so that a folder may hold any number. Those that cannot be used are left out, and the seed chooses among the others. Throws a
 * UsageError that names the first of them when too few others are left.
 */
export async function loadShots(
  folder: string,
  { shots, seed, preset }: Pick<AdaptationOptions, 'shots' | 'seed' | 'preset'>,
  side: number,
  report: ShotsReport = {},
): Promise<AdaptationJob['images']> {
  const data = await readDataFolder(folder);
  const read = new Map<string, Shot | UsageError>();
  const as = { side, kind: shotPreparation({ preset }) };
  let usable = data.trainNormal;
  return withImagingPool(async (pool) => {
    for (;;) {
      const chosen = chooseShots(usable.length, shots, seed).map((index) => usable[index] ?? '');
      const unread = chosen.filter((file) => !read.has(file));
      await pMap(unread, async (file) => read.set(file, await readShot(pool, file, as)), {
        concurrency: filesAtOnce,
      });
      const faults = [...read].flatMap(([file, shot]) => (shot instanceof UsageError ? [{ file, fault: shot }] : []));
      const [first] = faults;
      usable = data.trainNormal.filter((file) => !(read.get(file) instanceof UsageError));
      if (first && usable.length < shots) throw first.fault;
      const shotsRead = chosen.flatMap((file) => {
        const shot = read.get(file);
        return shot === undefined || shot instanceof UsageError ? [] : [{ file, ...shot }];
      });
      if (shotsRead.length < chosen.length) continue;
      report.found?.(data);
      for (const { file, fault } of faults) report.leftOut?.(file, fault.message);
      for (const { file, notes } of shotsRead) for (const note of notes) report.note?.(file, note);
      return shotsOf(shotsRead.map(({ image }) => image));
    }
  });
}

async function readShot(
  pool: ImagingPool,
  file: string,
  prepared: { readonly side: number; readonly kind: 'train' | 'test' },
): Promise<Shot | UsageError> {
  try {
    const frame = await naming(file, pool.frame(await readImageFile(file), { prepared }));
    return { image: frame.prepared, notes: frame.description.notes };
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
}
