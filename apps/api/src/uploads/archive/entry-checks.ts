import { ProblemError } from '@mediclip/contracts';
import type { ArchiveLimits } from './archive.js';

/** Archives smaller than this may have any ratio: nobody is harmed by a megabyte of zeros. */
const harmlessBytes = 1024 * 1024;

/** The longest path of an entry: as long as operating systems take one. */
export const longestNameBytes = 4096;
/** The size of all names of one archive that are remembered. */
export const namesBytes = 8 * 1024 * 1024;

/**
 * What an entry may not be, checked one entry after the other. Every method throws a problem whose `entry` is the
 * entry's name.
 */
export class EntryChecks {
  readonly #names = new Set<string>();
  #entries = 0;
  #unpackedBytes = 0;
  #namesBytes = 0;

  readonly #limits: ArchiveLimits;
  readonly #packedBytes: number;

  constructor(limits: ArchiveLimits, packedBytes: number) {
    this.#limits = limits;
    this.#packedBytes = packedBytes;
  }

  /** Counts an entry of any kind. */
  count(): void {
    if (++this.#entries > this.#limits.entries) {
      throw new ProblemError('archive-too-many-entries', `The archive may have ${this.#limits.entries} entries.`, {
        limit: this.#limits.entries,
      });
    }
  }

  /** The name of an entry as a relative path. */
  safeName(given: string): string {
    if (given.length > longestNameBytes || Buffer.byteLength(given) > longestNameBytes) {
      throw longNames(`An entry has a name of more than ${longestNameBytes} bytes.`, longestNameBytes);
    }
    const entry = given.slice(0, 200);
    const slashed = given.replaceAll('\\', '/');
    if (slashed.startsWith('/') || /^[a-z]:/i.test(slashed) || slashed.includes('\0')) {
      throw new ProblemError('archive-unsafe-path', `The entry ${JSON.stringify(entry)} has an absolute path.`, {
        entry,
      });
    }
    const parts = slashed.split('/').filter((part) => part !== '' && part !== '.');
    if (parts.includes('..')) {
      throw new ProblemError('archive-unsafe-path', `The entry ${JSON.stringify(entry)} climbs out of its folder.`, {
        entry,
      });
    }
    return parts.join('/');
  }

  /** Takes note of a plain file. */
  addName(name: string): void {
    this.#namesBytes += Buffer.byteLength(name);
    if (this.#namesBytes > namesBytes) {
      throw longNames(`The names of the archive have more than ${namesBytes} bytes together.`, namesBytes);
    }
    if (this.#names.has(name)) {
      const entry = name.slice(0, 200);
      throw new ProblemError('archive-duplicate-entry', `The archive has ${JSON.stringify(entry)} twice.`, { entry });
    }
    this.#names.add(name);
  }

  /** Adds to what the archive unpacks to. */
  addBytes(unpackedBytes: number): void {
    this.#unpackedBytes += unpackedBytes;
    const { ratio, unpackedBytes: limit } = this.#limits;
    if (this.#unpackedBytes > limit) {
      throw new ProblemError('archive-expands-too-much', `The archive may unpack to ${limit} bytes.`, { limit });
    }
    if (this.#unpackedBytes > Math.max(harmlessBytes, ratio * this.#packedBytes)) {
      throw new ProblemError('archive-expands-too-much', `The archive may unpack to ${ratio} times its size.`, {
        limit: ratio,
      });
    }
  }
}

/** The problem of an entry that is a link, a device or anything else but a file or a folder. */
export function linkProblem(name: string): ProblemError {
  const entry = name.slice(0, 200);
  return new ProblemError('archive-link', `The entry ${JSON.stringify(entry)} is a link or a special file.`, { entry });
}

/** The problem of names, or of what stands before an entry, that are longer than `limit` bytes. */
export function longNames(detail: string, limit: number): ProblemError {
  return new ProblemError('archive-names-too-long', detail, { limit });
}

/** The problem of an archive that cannot be read on. */
export function corruptArchive(cause: unknown): ProblemError {
  return new ProblemError('archive-corrupt', undefined, {}, { cause });
}
