import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { UsageError } from './usage-error.js';

/** Files that are read and computed at once: some wait for a disk or the engine while others are decoded. */
export const filesAtOnce = 2 * availableParallelism();

/** The file's bytes. Throws a UsageError naming the file. */
export async function readImageFile(file: string): Promise<Uint8Array> {
  return readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`Cannot read ${file} (${error.code}): check its name and permissions.`);
  });
}
