import { type AdaptationJob, chooseShots } from '@mediclip/adaptation';
import type { AdaptationOptions } from '@mediclip/contracts';
import { mapAFewAtATime, naming, readImageFile, withImagingPool } from '../images.js';
import { readDataFolder } from './data-folder.js';

/**
 * The shots that the seed chooses among all normal training images of a folder, as greys of `side` pixels a side. Only they are read,
 * so that a folder may hold any number. Throws a UsageError that names the file when one of them cannot be used.
 */
export async function loadShots(
  folder: string,
  { shots, seed }: Pick<AdaptationOptions, 'shots' | 'seed'>,
  side: number,
): Promise<AdaptationJob['images']> {
  const { trainNormal } = await readDataFolder(folder);
  const chosen = chooseShots(trainNormal.length, shots, seed).map((index) => trainNormal[index]!);
  return withImagingPool((pool) =>
    mapAFewAtATime(
      chosen,
      async (file) => (await naming(file, pool.prepare(await readImageFile(file), { side, kind: 'train' }))).image,
    ),
  );
}
