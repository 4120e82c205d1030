import type { Dirent } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
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

interface Listing {
  readonly entries: readonly Entry[];
  /** When the folder was last changed as it was read, nanoseconds since 1970, and which folder it was. */
  readonly changedAtNs: bigint;
  readonly inode: bigint;
  /** When this process first saw this time stamp, milliseconds of its own clock, which other machines do not share. */
  readonly seenAtMs: number;
  /** Whether it was read so long after that, or after the change, that another one has another time stamp. */
  readonly hasRested: boolean;
}

/**
 * A folder that was changed shortly before it was read may have been changed once more within the same tick of the file
 * system's clock, without another time stamp: it is read again. Some file systems tell whole seconds, or two.
 */
const restedMs = 2000;

/** The same where time stamps have fractions of a millisecond, so that ticks are those of the kernel, 10 ms at most. */
const finelyRestedMs = 100;

/** Names that are kept in memory, about 25 MB of them. */
const mostNames = 250_000;

/** A folder with fewer names is read anew: that costs little more than to see that it has not changed. */
const fewNames = 64;

const nothing: Pick<Listing, 'entries'> = { entries: [] };

/**
 * What is in folders, sorted. A large folder is read again only when its time stamp has changed, whoever changed it, so
 * that a walk over its pages reads it once.
 */
export class FolderListings {
  /** By path, the one used last at the end. */
  readonly #kept = new Map<string, Listing>();
  #names = 0;
  readonly #nowMs: () => number;

  /** `nowMs` is a clock that is never set. */
  constructor(nowMs = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /**
   * Objects and folders directly inside `folder` (an absolute path), in key order. Names that cannot be keys are not
   * ours.
   */
  async read(folder: string): Promise<Pick<Listing, 'entries'>> {
    // Opened, not only looked at: that is when NFS asks its server for the time stamp.
    const [nowMs, dateMs] = [this.#nowMs(), Date.now()];
    const handle = await open(folder, 'r').catch(ignoreAbsent);
    if (handle === undefined) return nothing;
    try {
      const { mtimeNs, ino, mtimeMs } = await handle.stat({ bigint: true });
      const kept = this.#kept.get(folder);
      if (kept !== undefined) this.#forget(folder, kept);
      const same = kept?.changedAtNs === mtimeNs && kept.inode === ino ? kept : undefined;
      const seenAtMs = same?.seenAtMs ?? nowMs;
      const restMs = mtimeNs % 1_000_000n === 0n ? restedMs : finelyRestedMs;
      const hasRested = same?.hasRested || Number(mtimeMs) < dateMs - restedMs || seenAtMs < nowMs - restMs;
      const entries = same?.hasRested ? same.entries : await sortedEntries(folder, kept?.entries ?? []);
      if (entries.length >= fewNames) {
        this.#keep(folder, { entries, changedAtNs: mtimeNs, inode: ino, seenAtMs, hasRested });
      }
      return { entries };
    } finally {
      await handle.close();
    }
  }

  #keep(folder: string, listing: Listing): void {
    this.#kept.set(folder, listing);
    this.#names += listing.entries.length;
    for (const [oldest, { entries }] of this.#kept) {
      if (this.#names <= mostNames) break;
      this.#kept.delete(oldest);
      this.#names -= entries.length;
    }
  }

  #forget(folder: string, { entries }: Listing): void {
    this.#kept.delete(folder);
    this.#names -= entries.length;
  }
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
async function sortedEntries(folder: string, known: readonly Entry[]): Promise<Entry[]> {
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
  const isFolder = found.isDirectory();
  return (isFolder || found.isFile()) && isSafeName(found.name) ? { name: found.name, isFolder } : undefined;
}

/** Whether two names are in the order of keys, whatever they name. */
function areInOrder(first: string, second: string): boolean {
  return first < second && !second.startsWith(first);
}
