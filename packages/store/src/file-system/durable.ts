import { rmdir } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, isAbsent } from './file-errors.js';

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
