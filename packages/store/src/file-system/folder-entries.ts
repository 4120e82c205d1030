import type { Dirent, Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { isSafeName } from '../object-keys.js';
import { ignoreAbsent } from './durable.js';

export interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
}

/** A name in a folder as it stands in keys: folders end with '/', so that sorting by it sorts the keys by byte. */
export function nameInKey({ name, isFolder }: Entry): string {
  return isFolder ? `${name}/` : name;
}

/** Place of the first entry whose name sorts after `name`. */
export function firstAfter(entries: readonly Entry[], name: string): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (nameInKey(entries[middle]!) > name) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * What is in a folder now. Of a large folder most was there before: of what is among `known` the entry is taken, which
 * leaves little to do besides the system's own part.
 */
export async function sortedEntries(folder: string, known: readonly Entry[]): Promise<Entry[]> {
  const entries: Entry[] = [];
  let at = 0;
  let isSorted = true;
  for (const found of (await readdir(folder, { withFileTypes: true }).catch(ignoreAbsent)) ?? []) {
    while (at < known.length && known[at]!.name < found.name) at++;
    const entry = isStill(known[at], found) ? known[at]! : entryOf(found);
    if (entry === undefined) continue;
    isSorted &&= entries.length === 0 || areInOrder(entries.at(-1)!.name, entry.name);
    entries.push(entry);
  }
  return isSorted ? entries : entries.sort((a, b) => (nameInKey(a) < nameInKey(b) ? -1 : 1));
}

function isStill(entry: Entry | undefined, found: Dirent): boolean {
  return entry?.name === found.name && (entry.isFolder ? found.isDirectory() : found.isFile());
}

function entryOf(found: Dirent): Entry | undefined {
  return isSafeName(found.name) ? entryOfKind(found.name, found) : undefined;
}

/** What `name` is in a folder now, `undefined` when it is not there. */
export async function entryAt(folder: string, name: string): Promise<Entry | undefined> {
  const found = await lstat(path.join(folder, name)).catch(ignoreAbsent);
  return found && entryOfKind(name, found);
}

function entryOfKind(name: string, found: Dirent | Stats): Entry | undefined {
  const isFolder = found.isDirectory();
  return isFolder || found.isFile() ? { name, isFolder } : undefined;
}

/** Whether a file or folder `name` is among `entries`. */
export function hasName(entries: readonly Entry[], name: string): boolean {
  return [name, `${name}/`].some((key) => placeOf(entries, key).isThere);
}

/** `entries` with each of these names as it is now, `undefined` where there is none. */
export function withNames(entries: readonly Entry[], now: ReadonlyMap<string, Entry | undefined>): readonly Entry[] {
  const parts: (readonly Entry[])[] = [];
  let from = 0;
  const keys = [...now].flatMap(([name, entry]) => [name, `${name}/`].map((key) => ({ key, entry })));
  for (const { key, entry } of keys.sort((a, b) => (a.key < b.key ? -1 : 1))) {
    const { at, isThere } = placeOf(entries, key);
    const isEntry = entry !== undefined && nameInKey(entry) === key;
    if (isEntry === isThere) continue;
    parts.push(entries.slice(from, at), isEntry ? [entry] : []);
    from = isThere ? at + 1 : at;
  }
  return parts.length === 0 ? entries : ([] as Entry[]).concat(...parts, entries.slice(from));
}

/** Where the entry that is `key` is, or would be. */
function placeOf(entries: readonly Entry[], key: string): { readonly at: number; readonly isThere: boolean } {
  const after = firstAfter(entries, key);
  const isThere = after > 0 && nameInKey(entries[after - 1]!) === key;
  return { at: isThere ? after - 1 : after, isThere };
}

/** Whether two names are in the order of keys, whatever they name. */
function areInOrder(first: string, second: string): boolean {
  return first < second && !second.startsWith(first);
}
