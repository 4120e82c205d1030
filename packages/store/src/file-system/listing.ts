import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { ObjectInfo } from '../object-store.js';
import { isAbsent } from './file-errors.js';
import { type Entry, firstAfter, nameInKey } from './folder-entries.js';
import type { FolderListings } from './folder-listings.js';

/**
 * Walks over the keys below `root` that begin with `prefix` and sort after `after`, in key order; every folder on the
 * way is read once.
 */
export async function* walk(
  root: string,
  listings: FolderListings,
  prefix: string,
  after: string,
): AsyncGenerator<string, undefined> {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  yield* walkFolder({ root, listings, prefix, after }, folder);
}

interface Walk {
  readonly root: string;
  readonly listings: FolderListings;
  readonly prefix: string;
  readonly after: string;
}

async function* walkFolder(of: Walk, folder: string): AsyncGenerator<string, undefined> {
  const { root, listings, prefix, after } = of;
  const { entries } = await listings.read(path.join(root, folder));
  for (let at = firstToVisit(of, folder, entries); at < entries.length; at++) {
    const entry = entries[at]!;
    const { isFolder } = entry;
    const key = folder + nameInKey(entry);
    if (!key.startsWith(prefix) && !(isFolder && prefix.startsWith(key))) {
      if (key > prefix) return;
      continue;
    }
    if (isFolder) {
      if (key > after || after.startsWith(key)) yield* walkFolder(of, key);
    } else if (key > after) yield key;
  }
}

/** Where to begin in a folder: before the first key after `after`, and before the folder that `after` lies in. */
function firstToVisit({ after }: Walk, folder: string, entries: readonly Entry[]): number {
  if (!after.startsWith(folder)) return 0;
  const rest = after.slice(folder.length);
  const slash = rest.indexOf('/');
  return slash < 0 ? firstAfter(entries, rest) : Math.max(0, firstAfter(entries, rest.slice(0, slash + 1)) - 1);
}

/**
 * Size, time and version of the object at `key`, `undefined` when there is none. Every write makes a new file, which is
 * renamed into place: so its number and the time to the nanosecond tell writes apart.
 */
export async function objectInfo(root: string, key: string): Promise<ObjectInfo | undefined> {
  try {
    const found = await stat(path.join(root, key), { bigint: true });
    if (!found.isFile()) return undefined;
    const { ino, size, mtime, mtimeNs } = found;
    return { key, sizeBytes: Number(size), modifiedAt: mtime, version: `${ino}-${mtimeNs}-${size}` };
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
