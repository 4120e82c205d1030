import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { ImageError, ImagingPool } from '@mediclip/imaging';
import { readingOf } from '@mediclip/intake';
import type { ReadingFlags } from './commands/reading-flags.js';
import { UsageError } from './usage-error.js';

/** Runs work on one file; an image that is refused becomes a UsageError that names it. */
export async function naming<T>(file: string, work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    if (error instanceof ImageError) throw new UsageError(`${file}: ${error.message}`);
    throw error;
  });
}

/** Lends a pool of imaging threads to `use`, which read files as the flags say. Groups are kept by nothing here. */
export async function withImagingPool<T>(flags: ReadingFlags, use: (pool: ImagingPool) => Promise<T>): Promise<T> {
  const reading = readingOf(flags, randomUUID());
  const pool = await ImagingPool.start({ threads: availableParallelism(), reading });
  try {
    return await use(pool);
  } finally {
    await pool.close();
  }
}
