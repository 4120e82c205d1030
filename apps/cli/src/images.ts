import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { ImageError, ImagingPool } from '@mediclip/imaging';
import { UsageError } from './usage-error.js';

/** The file's bytes. Throws a UsageError naming the file. */
export async function readImageFile(file: string): Promise<Uint8Array> {
  return readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`Cannot read ${file} (${error.code}): check its name and permissions.`);
  });
}

/** Runs work on one file; an image that is refused becomes a UsageError that names it. */
export async function naming<T>(file: string, work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    if (error instanceof ImageError) throw new UsageError(`${file}: ${error.message}`);
    throw error;
  });
}

/** Lends a pool of imaging threads to `use`. */
export async function withImagingPool<T>(use: (pool: ImagingPool) => Promise<T>): Promise<T> {
  const pool = await ImagingPool.start({ threads: availableParallelism() });
  try {
    return await use(pool);
  } finally {
    await pool.close();
  }
}

/** `work` on every item, a few at a time; results stand in the order of the items. */
export async function mapAFewAtATime<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  const entries = items.entries();
  const worker = async () => {
    for (const [index, item] of entries) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: 2 * availableParallelism() }, worker));
  return results;
}

/** As `mapAFewAtATime`, and `take` gets every result, one after the other in the order of the items. */
export async function takeInOrder<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  take: (result: R, item: T) => void,
): Promise<void> {
  let turn: Promise<void> = Promise.resolve();
  await mapAFewAtATime(items, (item) => {
    turn = Promise.all([work(item), turn]).then(([result]) => take(result, item));
    return turn;
  });
}
