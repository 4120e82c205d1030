import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder } from './write-file-whole.js';

/** How often a folder may be missing although those above it were there, or had just been made. */
const mostTries = 100;

/**
 * Makes a folder with those above it that are missing, durably; one that is there is as good, and is made durable by
 * whoever makes it. They are made one by one, because `mkdir` with `recursive` says of a disk that is full or read-only
 * that the folder is missing, and tries without end in a folder that takes no new names, such as /proc. Rejects as
 * `mkdir` does.
 */
export async function makeFolder(folder: string, { mode }: { readonly mode?: number } = {}): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await mkdir(folder, { mode });
      break;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST' && (await stat(folder).catch(ignoreAbsent))?.isDirectory() !== false) return;
      if (code !== 'ENOENT' || tries === mostTries) throw error;
      await makeFolder(path.dirname(folder), { ...(mode !== undefined && { mode }) });
    }
  }
  await syncFolder(path.dirname(folder)).catch(ignoreAbsent);
}

function ignoreAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
