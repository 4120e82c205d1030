import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { isSafeName } from '../object-keys.js';
import type { ObjectInfo } from '../object-store.js';
import { isAbsent } from './file-errors.js';

/** A name in a folder as it stands in keys: folders end with '/', so that sorting by it sorts the keys by byte. */
interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
}

/** Objects and folders directly inside `folder` (an absolute path), in key order. Names that can't be keys are not ours. */
export async function sortedEntries(folder: string): Promise<Entry[]> {
  const found = await readdir(folder, { withFileTypes: true }).catch((error: unknown): Dirent[] => {
    if (isAbsent(error)) return [];
    throw error;
  });
  return found
    .filter((entry) => isSafeName(entry.name) && (entry.isFile() || entry.isDirectory()))
    .map((entry) => ({ name: entry.isDirectory() ? `${entry.name}/` : entry.name, isFolder: entry.isDirectory() }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Walks over the keys below `root` that begin with `prefix` and sort after `after`, in key order. */
export async function* walk(root: string, prefix: string, after: string): AsyncGenerator<ObjectInfo> {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  yield* walkFolder(root, folder, prefix, after);
}

async function* walkFolder(root: string, folder: string, prefix: string, after: string): AsyncGenerator<ObjectInfo> {
  for (const entry of await sortedEntries(path.join(root, folder))) {
    const key = folder + entry.name;
    const inPrefix = key.startsWith(prefix) || (entry.isFolder && prefix.startsWith(key));
    if (!inPrefix) continue;
    if (entry.isFolder) {
      if (key > after || after.startsWith(key)) yield* walkFolder(root, key, prefix, after);
      continue;
    }
    if (key <= after) continue;
    const info = await objectInfo(root, key);
    if (info !== undefined) yield info;
  }
}

/** Size and time of the object at `key`, `undefined` when there is none. */
export async function objectInfo(root: string, key: string): Promise<ObjectInfo | undefined> {
  try {
    const found = await stat(path.join(root, key));
    return found.isFile() ? { key, sizeBytes: found.size, modifiedAt: found.mtime } : undefined;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
