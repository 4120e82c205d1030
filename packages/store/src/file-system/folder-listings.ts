import type { BigIntStats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { ignoreAbsent } from './durable.js';
import { type Entry, entryAt, hasName, sortedEntries, withNames } from './folder-entries.js';
import type { RecentChanges, RecentlyTold, Told } from './recent-changes.js';

interface Listing {
  readonly entries: readonly Entry[];
  /** When the folder was last changed as it was read, nanoseconds since 1970, and which folder it was. */
  readonly changedAtNs: bigint;
  readonly inode: bigint;
  /** When this process first saw this time stamp, milliseconds of its own clock, which other machines do not share. */
  readonly seenAtMs: number;
  /** Whether it was read so long after that, or after the change, that another one has another time stamp. */
  readonly hasRested: boolean;
  /** When it was last read as a whole, by the same clock. */
  readonly readAtMs: number;
  /** What has been told of it, if it is listened to. */
  readonly heard?: Heard | undefined;
}

/** What has been told of a folder (`recent-changes.ts`), as this process has heard it. */
interface Heard {
  readonly since: string;
  /** When this process first heard that anybody listens, milliseconds of its own clock. */
  readonly sinceMs: number;
  /** By its id, when a change was heard of, and whether the entries show that it was done. */
  readonly changes: ReadonlyMap<string, { readonly heardAtMs: number; readonly isDone: boolean }>;
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

/** A folder with so many names is listened to. */
const manyNames = 1000;

/** What was told is done within this, and so is what was not told because nobody listened yet. */
const doneWithinMs = 2000;

/** So long a listener goes without reading the whole folder, for changes that nobody told. */
const untoldForMs = 30_000;

/** So long after one listener heard of a change, each other one has heard of it too, or reads the whole folder next. */
const forgottenAfterMs = 2 * untoldForMs;

/** The share of its names that are looked at one by one when they have changed; more, and the folder is read. */
const mostChanged = 1 / 32;

/** A folder that is open, at a time of this process's own clock. */
interface Look {
  readonly folder: string;
  readonly handle: FileHandle;
  readonly nowMs: number;
  readonly stats: BigIntStats;
}

/** What was told that a listener goes through for a page; more, and all listeners begin anew. */
const mostTold = 1000;

const nothing: Pick<Listing, 'entries'> = { entries: [] };

/**
 * What is in folders, sorted. A large folder is read again only when its time stamp has changed, whoever changed it, so
 * that a walk over its pages reads it once; and of a very large one, to which names are added all the time, only what
 * was told to have changed is looked at. Whoever changes it without telling while others tell is seen within half a
 * minute, and at once otherwise.
 */
export class FolderListings {
  /** By path, the one used last at the end. */
  readonly #kept = new Map<string, Listing>();
  #names = 0;
  readonly #recent: RecentChanges;
  readonly #nowMs: () => number;

  /** `nowMs` is a clock that is never set. */
  constructor(recent: RecentChanges, nowMs = () => performance.now()) {
    this.#recent = recent;
    this.#nowMs = nowMs;
  }

  /**
   * Objects and folders directly inside `folder` (an absolute path), in key order. Names that cannot be keys are not
   * ours.
   */
  async read(folder: string): Promise<Pick<Listing, 'entries'>> {
    const nowMs = this.#nowMs();
    // Opened, not only looked at: that is when NFS asks its server for the time stamp.
    const handle = await open(folder, 'r').catch(ignoreAbsent);
    if (handle === undefined) return nothing;
    try {
      const look = { folder, handle, nowMs, stats: await handle.stat({ bigint: true }) };
      const kept = this.#kept.get(folder);
      const listing = (kept && (await this.#broughtUpToDate(look, kept))) ?? (await this.#readWhole(look, kept));
      this.#forget(folder);
      if (listing.entries.length >= fewNames) this.#keep(folder, listing);
      return listing;
    } finally {
      await handle.close();
    }
  }

  /** What is kept of a folder, up to date; `undefined` when the folder has to be read for it. */
  async #broughtUpToDate({ folder, handle, nowMs, stats }: Look, kept: Listing): Promise<Listing | undefined> {
    if (kept.inode !== stats.ino) return undefined;
    const hasChanged = kept.changedAtNs !== stats.mtimeNs;
    if (kept.hasRested && !hasChanged) return kept;
    const { heard, readAtMs } = kept;
    if (heard === undefined || readAtMs < Math.max(heard.sinceMs + doneWithinMs, nowMs - untoldForMs)) return undefined;
    const recently = await this.#recent.read(folder);
    if (recently?.since !== heard.since || recently.told.length > mostTold) return undefined;
    const names = new Set(recently.told.filter(({ id }) => !heard.changes.get(id)?.isDone).map(({ name }) => name));
    const isUntold = hasChanged && names.size === 0;
    if (isUntold || names.size > kept.entries.length * mostChanged) return undefined;
    const now = await Promise.all([...names].map(async (name) => [name, await entryAt(folder, name)] as const));
    const entries = withNames(kept.entries, new Map(now));
    const { mtimeNs } = await handle.stat({ bigint: true });
    return {
      ...kept,
      entries,
      changedAtNs: mtimeNs,
      seenAtMs: mtimeNs === kept.changedAtNs ? kept.seenAtMs : nowMs,
      hasRested: false,
      heard: heardOf(recently, heard, entries, nowMs),
    };
  }

  async #readWhole({ folder, nowMs, stats }: Look, kept: Listing | undefined): Promise<Listing> {
    const { mtimeNs, mtimeMs, ino } = stats;
    const isSame = kept?.inode === ino && kept.changedAtNs === mtimeNs;
    const seenAtMs = isSame ? kept.seenAtMs : nowMs;
    const restMs = mtimeNs % 1_000_000n === 0n ? restedMs : finelyRestedMs;
    const hasRested = Number(mtimeMs) < Date.now() - restedMs || seenAtMs < nowMs - restMs;
    const recently = kept && kept.entries.length >= manyNames ? await this.#listen(folder, kept, nowMs) : undefined;
    const entries = await sortedEntries(folder, kept?.entries ?? []);
    const heard = recently && heardOf(recently, kept?.heard, entries, nowMs);
    return { entries, changedAtNs: mtimeNs, inode: ino, seenAtMs, hasRested, readAtMs: nowMs, heard };
  }

  /**
   * What has been told of a folder that is about to be read as a whole; begins to listen if nobody does, and anew when
   * too much has been told.
   */
  async #listen(folder: string, { heard }: Listing, nowMs: number): Promise<RecentlyTold | undefined> {
    const recently = await this.#recent.read(folder);
    const isTooMuch = recently !== undefined && recently.told.length > mostTold;
    if (isTooMuch) await this.#recent.end(folder);
    if (recently === undefined || isTooMuch) {
      await this.#recent.listen(folder);
      return undefined;
    }
    const isOld = ({ id }: Told) => (heard?.changes.get(id)?.heardAtMs ?? nowMs) < nowMs - forgottenAfterMs;
    if (recently.since === heard?.since) await this.#recent.forget(folder, recently.told.filter(isOld));
    return recently;
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

  #forget(folder: string): void {
    this.#names -= this.#kept.get(folder)?.entries.length ?? 0;
    this.#kept.delete(folder);
  }
}

/** What is heard now, after `before`; `entries` were read after that. */
function heardOf(
  { since, told }: RecentlyTold,
  before: Heard | undefined,
  entries: readonly Entry[],
  nowMs: number,
): Heard {
  const known = before?.since === since ? before : { sinceMs: nowMs, changes: new Map() };
  const changes = told.map(({ id, name, appears }) => {
    const { heardAtMs = nowMs, isDone = false } = known.changes.get(id) ?? {};
    const isOver = isDone || heardAtMs < nowMs - doneWithinMs || hasName(entries, name) === appears;
    return [id, { heardAtMs, isDone: isOver }] as const;
  });
  return { since, sinceMs: known.sinceMs, changes: new Map(changes) };
}
