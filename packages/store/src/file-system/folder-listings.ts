import { open, readdir } from 'node:fs/promises';
import { isSafeName } from '../object-keys.js';
import { ignoreAbsent } from './durable.js';

/** A name in a folder as it stands in keys: folders end with '/', so that sorting by it sorts the keys by byte. */
export interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
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
      const entries = same?.hasRested ? same.entries : await sortedEntries(folder);
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
    if (entries[middle]!.name > name) high = middle;
    else low = middle + 1;
  }
  return low;
}

async function sortedEntries(folder: string): Promise<Entry[]> {
  const found = (await readdir(folder, { withFileTypes: true }).catch(ignoreAbsent)) ?? [];
  return found
    .filter((entry) => isSafeName(entry.name) && (entry.isFile() || entry.isDirectory()))
    .map((entry) => ({ name: entry.isDirectory() ? `${entry.name}/` : entry.name, isFolder: entry.isDirectory() }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
