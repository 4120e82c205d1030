import { mkdir, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder } from '@mediclip/files';
import { errorCode, isAbsent } from './file-errors.js';

/**
 * Creates a folder with its parents, durably. A folder that another process is creating right now is made durable by
 * that process. They are made one by one, because a recursive `mkdir` of Node says of a disk that is full or read-only
 * that the folder is missing.
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (isAbsent(error)) {
      await makeFolder(path.dirname(folder));
      return makeFolder(folder);
    }
    if (errorCode(error) === 'EEXIST' && (await stat(folder).catch(ignoreAbsent))?.isDirectory() !== false) return;
    throw error;
  }
  await syncFolder(path.dirname(folder)).catch(ignoreAbsent);
}

/** Removes `folder` and its parents below `root` as long as they are empty. */
export async function removeEmptyFolders(folder: string, root: string): Promise<void> {
  for (let empty = folder; empty.length > root.length; empty = path.dirname(empty)) {
    try {
      await rmdir(empty);
    } catch (error) {
      if (errorCode(error) === 'ENOTEMPTY' || errorCode(error) === 'EEXIST') return;
      if (!isAbsent(error)) throw error;
    }
  }
}

/** A handler of rejections: `undefined` for what does not exist, anything else is thrown on. */
export function ignoreAbsent(error: unknown): undefined {
  if (!isAbsent(error)) throw error;
}
