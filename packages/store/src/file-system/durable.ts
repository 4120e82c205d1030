import { rmdir } from 'node:fs/promises';
import { errorCode, isAbsent } from './file-errors.js';

/** Removes `folder` if it is empty; false when there is something in it. */
export async function removeIfEmpty(folder: string): Promise<boolean> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOTEMPTY' || errorCode(error) === 'EEXIST') return false;
    if (!isAbsent(error)) throw error;
  }
  return true;
}

/** A handler of rejections: `undefined` for what does not exist, anything else is thrown on. */
export function ignoreAbsent(error: unknown): undefined {
  if (!isAbsent(error)) throw error;
}
