import { link, open, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder, sha256Of, syncFolder } from '@mediclip/files';
import { InvalidKey, PreconditionFailed } from '../errors.js';
import { assertFolder, assertKey, assertPrefix } from '../object-keys.js';
import type {
  ListBeforeOptions,
  ListOptions,
  ObjectBody,
  ObjectInfo,
  ObjectStore,
  PutCondition,
  PutResult,
  StoredBytes,
  StoredStream,
} from '../object-store.js';
import { type Claim, Claims } from './claims.js';
import { ignoreAbsent, removeIfEmpty } from './durable.js';
import { errorCode, evictedWrite, isAbsent, isFull, storeErrorOf } from './file-errors.js';
import { firstAfter } from './folder-entries.js';
import { FolderListings } from './folder-listings.js';
import { objectInfo, walk } from './listing.js';
import { RecentChanges } from './recent-changes.js';
import { Reserve } from './reserve.js';
import { contentPath, isStaged, removeLeftovers, type Staged, stage, stageNothing } from './staging.js';

export interface FileSystemStoreOptions {
  /** How long a writer waits for another that holds the same key before it takes it for dead (10,000). */
  readonly evictClaimAfterMs?: number;
  /** After which rest the sweep takes an unfinished write for dead (one hour). */
  readonly leftoverAgeMs?: number;
}

/** Files whose size is asked for side by side. */
const lookedAtOnce = 32;

/**
 * Objects as files below a folder, whose key is their path. The folder `.store` beside them holds writes under way
 * (`staging`), the keys being changed (`claims`), what changed of late in large folders (`recent`) and room for
 * deletions on a full disk (`reserve`); it may be left out of backups. Needs a file system with hard links and atomic
 * renames (every local one of Linux and macOS, NTFS, NFS); any number of processes and containers on it may write at
 * the same time.
 */
export class FileSystemStore implements ObjectStore {
  readonly #root: string;
  readonly #staging: string;
  readonly #claimsFolder: string;
  readonly #claims: Claims;
  readonly #reserve: Reserve;
  readonly #leftoverAgeMs: number;
  #prepared: Promise<unknown> | undefined;
  readonly #recent: RecentChanges;
  readonly #listings: FolderListings;

  /** `root` is an absolute path; it is created with the first write. */
  constructor(root: string, { evictClaimAfterMs = 10_000, leftoverAgeMs = 3_600_000 }: FileSystemStoreOptions = {}) {
    this.#root = root;
    this.#staging = path.join(root, '.store', 'staging');
    this.#claimsFolder = path.join(root, '.store', 'claims');
    this.#claims = new Claims(this.#claimsFolder, this.#staging, evictClaimAfterMs);
    this.#reserve = new Reserve(path.join(root, '.store', 'reserve'), this.#staging);
    this.#recent = new RecentChanges(root, path.join(root, '.store', 'recent'), this.#staging);
    this.#listings = new FolderListings(this.#recent);
    this.#leftoverAgeMs = leftoverAgeMs;
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    assertKey(key);
    return this.#explained(() => objectInfo(this.#root, key));
  }

  async get(key: string): Promise<StoredBytes | undefined> {
    assertKey(key);
    return this.#explained(async () => {
      const bytes = await this.#read(key);
      return bytes && { bytes, etag: await sha256Of(bytes) };
    });
  }

  async getStream(key: string): Promise<StoredStream | undefined> {
    assertKey(key);
    return this.#explained(async () => {
      const handle = await open(this.#pathOf(key), 'r').catch(ignoreAbsent);
      if (handle === undefined) return undefined;
      let found: StoredStream | undefined;
      try {
        const stats = await handle.stat();
        if (stats.isFile()) found = { stream: handle.createReadStream({ autoClose: true }), sizeBytes: stats.size };
        return found;
      } finally {
        if (found === undefined) await handle.close();
      }
    });
  }

  async put(key: string, body: ObjectBody, condition: PutCondition = {}): Promise<PutResult> {
    assertKey(key);
    return this.#explained(async () => {
      const staged = await this.#stage(body, condition);
      if (condition.ifAbsent) await this.#publishNew(key, staged, condition);
      else {
        await this.#withClaim(key, staged, async (claim) => {
          if (condition.ifMatch !== undefined) await this.#assertEtag(key, condition.ifMatch);
          else await this.#recent.tell(this.#pathOf(key), 'appears');
          await claim.publish(this.#pathOf(key), (folder) => this.#makeFolder(folder, false));
        });
      }
      await syncFolder(path.dirname(this.#pathOf(key))).catch(ignoreAbsent);
      return { etag: staged.etag, sizeBytes: staged.sizeBytes };
    });
  }

  async delete(key: string): Promise<void> {
    assertKey(key);
    return this.#explained(async () => {
      if ((await objectInfo(this.#root, key)) === undefined) return;
      const target = this.#pathOf(key);
      const withdrawn = await this.#withClaim(key, await this.#stageNothing(), async (claim) => {
        await this.#recent.tell(target, 'goes');
        return claim.withdraw(target);
      });
      if (!withdrawn) return;
      await syncFolder(path.dirname(target)).catch(ignoreAbsent);
      await this.#removeEmptyFolders(path.dirname(target));
      await this.#reserve.fill();
    });
  }

  async deleteFolder(folder: string): Promise<void> {
    assertFolder(folder);
    return this.#explained(async () => {
      const target = this.#pathOf(folder.slice(0, -1));
      if ((await this.#listings.read(target)).entries.length === 0) return;
      const { folder: away, token } = await this.#stageNothing();
      try {
        await rm(contentPath(away, token), { force: true });
        await this.#recent.tell(target, 'goes');
        await rename(target, contentPath(away, token)).catch(ignoreAbsent);
        await syncFolder(path.dirname(target)).catch(ignoreAbsent);
        // Before its folders are removed: a new one may be given the number of an old one, by which listeners know it.
        await this.#recent.end(target);
      } finally {
        await rm(away, { recursive: true, force: true });
      }
      await this.#removeEmptyFolders(path.dirname(target));
      await this.#reserve.fill();
    });
  }

  async *keys(prefix: string, after = ''): AsyncGenerator<string> {
    assertPrefix(prefix);
    const keys = walk(this.#root, this.#listings, prefix, after);
    for (;;) {
      const next = await this.#explained(() => keys.next());
      if (next.done) return;
      yield next.value;
    }
  }

  async list(prefix: string, { after, limit }: ListOptions): Promise<ObjectInfo[]> {
    const found: ObjectInfo[] = [];
    if (limit <= 0) return found;
    let waiting: string[] = [];
    const look = async () => {
      const infos = await Promise.all(waiting.map((key) => this.head(key)));
      found.push(...infos.filter((info) => info !== undefined));
      waiting = [];
    };
    for await (const key of this.keys(prefix, after)) {
      waiting.push(key);
      if (waiting.length === Math.min(lookedAtOnce, limit - found.length)) await look();
      if (found.length === limit) return found;
    }
    await look();
    return found;
  }

  async listFolders(folder: string, { after = '', limit }: ListOptions): Promise<string[]> {
    assertFolder(folder);
    return this.#explained(async () => {
      const { entries } = await this.#listings.read(this.#pathOf(folder));
      const found: string[] = [];
      for (let at = firstAfter(entries, `${after}/`); at < entries.length && found.length < limit; at++) {
        const { name, isFolder } = entries[at]!;
        if (isFolder) found.push(name);
      }
      return found;
    });
  }

  async listFoldersBefore(folder: string, { before, limit }: ListBeforeOptions): Promise<string[]> {
    assertFolder(folder);
    return this.#explained(async () => {
      const { entries } = await this.#listings.read(this.#pathOf(folder));
      const found: string[] = [];
      for (let at = firstAfter(entries, `${before}/`) - 1; at >= 0 && found.length < limit; at--) {
        const { name, isFolder } = entries[at]!;
        if (isFolder && name !== before) found.push(name);
      }
      return found;
    });
  }

  async check(): Promise<void> {
    return this.#explained(async () => {
      const { folder, token } = await stage(await this.#stagingFolder(), new Uint8Array([1]));
      try {
        await link(contentPath(folder, token), path.join(folder, 'link'));
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
      await this.#reserve.fill();
    });
  }

  async sweep(): Promise<void> {
    return this.#explained(async () => {
      await this.#recent.end();
      await removeLeftovers(this.#staging, this.#leftoverAgeMs);
      await removeLeftovers(this.#claimsFolder, this.#leftoverAgeMs);
    });
  }

  async close(): Promise<void> {}

  /**
   * The folder of writes under way, which this process creates once: when it is gone later, so is the file system that
   * it lay on, and a new one would be no part of the store.
   */
  async #stagingFolder(): Promise<string> {
    this.#prepared ??= this.#prepare();
    await this.#prepared.catch((error: unknown) => {
      this.#prepared = undefined;
      throw error;
    });
    return this.#staging;
  }

  async #prepare(): Promise<void> {
    await makeFolder(this.#staging);
    await makeFolder(this.#claimsFolder);
    await this.#reserve.fill();
  }

  async #stage(body: ObjectBody, { fromReserve = false }: PutCondition): Promise<Staged> {
    const staging = await this.#stagingFolder();
    try {
      return await stage(staging, body);
    } catch (error) {
      const reserved = fromReserve && isFull(error) && body instanceof Uint8Array && (await this.#reserve.stage(body));
      if (reserved) return reserved;
      throw error;
    }
  }

  /** For a change that only takes something away. */
  async #stageNothing(): Promise<Staged> {
    const staging = await this.#stagingFolder();
    try {
      return await stageNothing(staging);
    } catch (error) {
      const reserved = isFull(error) && (await this.#reserve.take());
      if (reserved) return reserved;
      throw error;
    }
  }

  #pathOf(key: string): string {
    return path.join(this.#root, key);
  }

  async #read(key: string): Promise<Buffer | undefined> {
    try {
      return await readFile(this.#pathOf(key));
    } catch (error) {
      if (isAbsent(error) || errorCode(error) === 'EISDIR') return undefined;
      throw error;
    }
  }

  async #assertEtag(key: string, etag: string): Promise<void> {
    const current = await this.#read(key);
    if (current === undefined || (await sha256Of(current)) !== etag) {
      throw new PreconditionFailed(`The object ${key} has changed since it was read: read it again and decide again.`);
    }
  }

  /** A hard link is the one step that creates a name only where there is none, so it needs no claim. */
  async #publishNew(key: string, staged: Staged, { fromReserve = false }: PutCondition): Promise<void> {
    const target = this.#pathOf(key);
    try {
      await this.#recent.tell(target, 'appears');
      for (;;) {
        try {
          return await link(contentPath(staged.folder, staged.token), target);
        } catch (error) {
          if (errorCode(error) === 'EEXIST') throw await this.#occupied(key);
          // Some file systems count a link as a file.
          if (fromReserve && isFull(error) && (await this.#reserve.giveUpOne())) continue;
          if (errorCode(error) !== 'ENOENT') throw error;
          if (!(await isStaged(staged))) throw evictedWrite();
          await this.#makeFolder(path.dirname(target), fromReserve);
        }
      }
    } finally {
      await rm(staged.folder, { recursive: true, force: true });
    }
  }

  async #makeFolder(folder: string, fromReserve: boolean): Promise<void> {
    for (let made = folder; made !== this.#root && (await stat(made).catch(ignoreAbsent)) === undefined; ) {
      await this.#recent.tell(made, 'appears');
      made = path.dirname(made);
    }
    try {
      await makeFolder(folder);
    } catch (error) {
      if (!fromReserve || !isFull(error) || !(await this.#reserve.folderAt(folder))) throw error;
    }
  }

  /** Removes `folder` and those above it as long as they are empty. */
  async #removeEmptyFolders(folder: string): Promise<void> {
    for (let empty = folder; empty !== this.#root; empty = path.dirname(empty)) {
      const told = await this.#recent.tell(empty, 'goes');
      if (await removeIfEmpty(empty)) continue;
      return this.#recent.takeBack(told);
    }
  }

  async #occupied(key: string): Promise<Error> {
    return (await this.#listings.read(this.#pathOf(key))).entries.length > 0
      ? new InvalidKey(`The key ${key} is taken as a folder of other objects: choose another.`)
      : new PreconditionFailed(`The object ${key} exists already: read it and decide again.`);
  }

  /** Runs `change` while `staged` holds the key, and removes what is left of both. */
  async #withClaim<T>(key: string, staged: Staged, change: (claim: Claim) => Promise<T>): Promise<T> {
    try {
      const claim = await this.#claims.take(key, staged);
      try {
        return await change(claim);
      } finally {
        await claim.release();
      }
    } finally {
      await rm(staged.folder, { recursive: true, force: true });
    }
  }

  async #explained<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw storeErrorOf(error, this.#root);
    }
  }
}
