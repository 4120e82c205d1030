import { ProblemError } from '@mediclip/contracts';
import type { ArchiveLimits } from './archive.js';

/** Archives smaller than this may have any ratio: nobody is harmed by a megabyte of zeros. */
const harmlessBytes = 1024 * 1024;

/** What an entry may not be, checked one entry after the other. Every method throws a problem whose `entry` is the entry's name. */
export class EntryChecks {
  readonly #names = new Set<string>();
  #entries = 0;
  #unpackedBytes = 0;

  constructor(
    private readonly limits: ArchiveLimits,
    private readonly packedBytes: number,
  ) {}

  /** Counts an entry of any kind. */
  count(): void {
    if (++this.#entries > this.limits.entries) {
      throw new ProblemError('archive-too-many-entries', `The archive may have ${this.limits.entries} entries.`, {
        limit: this.limits.entries,
      });
    }
  }

  /** The name of an entry as a relative path. */
  safeName(given: string): string {
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
    if (this.#names.has(name)) {
      const entry = name.slice(0, 200);
      throw new ProblemError('archive-duplicate-entry', `The archive has ${JSON.stringify(entry)} twice.`, { entry });
    }
    this.#names.add(name);
  }

  /** Adds to what the archive unpacks to. */
  addBytes(unpackedBytes: number): void {
    this.#unpackedBytes += unpackedBytes;
    const { ratio, unpackedBytes: limit } = this.limits;
    if (this.#unpackedBytes > limit) {
      throw new ProblemError('archive-expands-too-much', `The archive may unpack to ${limit} bytes.`, { limit });
    }
    if (this.#unpackedBytes > Math.max(harmlessBytes, ratio * this.packedBytes)) {
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

/** The problem of an archive that cannot be read on. */
export function corruptArchive(cause: unknown): ProblemError {
  return new ProblemError('archive-corrupt', undefined, {}, { cause });
}
