import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { ImageError, ImagingPool } from '@mediclip/imaging';
import { UsageError } from './usage-error.js';

/** Files that are read and computed at once: some wait for a disk or the engine while others are decoded. */
export const filesAtOnce = 2 * availableParallelism();

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
