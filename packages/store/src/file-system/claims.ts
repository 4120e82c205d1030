import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeFolder } from '@mediclip/files';
import { ignoreAbsent } from './durable.js';
import { errorCode, evictedWrite, isAbsent } from './file-errors.js';
import { contentPath, type Staged } from './staging.js';

/**
 * One writer at a time for a key, across processes and containers that share the folder, without process ids and
 * clocks:
 * - A claim is the folder `claims/<hash of key>` with one folder inside that is named by its owner's token. A writer
 *   takes it by renaming its staged folder (`staging.ts`) to that place, which the system refuses as long as something
 *   is inside.
 * - The owner's change of the key is one rename between the key and the inside of its claim. So it works only while the
 *   claim is held.
 * - Whoever has waited `evictAfterMs` for one and the same owner moves the owner's folder away. A frozen owner that
 *   wakes up after that finds the source (or target) of its rename gone: it cannot overwrite what its successor wrote.
 */
export class Claims {
  readonly #folder: string;
  readonly #staging: string;
  readonly #evictAfterMs: number;

  constructor(folder: string, staging: string, evictAfterMs: number) {
    this.#folder = folder;
    this.#staging = staging;
    this.#evictAfterMs = evictAfterMs;
  }

  /** Waits until the staged folder has become the claim of `key`. */
  async take(key: string, staged: Staged): Promise<Claim> {
    const place = path.join(this.#folder, createHash('sha256').update(key).digest('hex'));
    let owner: string | undefined;
    let ownedSince = 0;
    for (let attempt = 0; ; attempt++) {
      if (await this.#tryTake(staged, place)) return new Claim(place, staged.token);
      const [holder] = (await readdir(place).catch(ignoreAbsent)) ?? [];
      if (holder === undefined) continue;
      if (holder !== owner) {
        owner = holder;
        ownedSince = performance.now();
      } else if (performance.now() - ownedSince > this.#evictAfterMs) {
        await this.#evict(path.join(place, holder));
        continue;
      }
      await sleep(Math.min(1 + attempt, 20) * (0.5 + Math.random()));
    }
  }

  async #tryTake(staged: Staged, place: string): Promise<boolean> {
    try {
      await rename(staged.folder, place);
      return true;
    } catch (error) {
      const code = errorCode(error);
      if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
      if (!isAbsent(error)) throw error;
      if ((await stat(staged.folder).catch(ignoreAbsent)) === undefined) throw evictedWrite();
      await makeFolder(this.#folder);
      return false;
    }
  }

  async #evict(holder: string): Promise<void> {
    const away = path.join(this.#staging, `evicted-${path.basename(holder)}`);
    await mkdir(this.#staging, { recursive: true });
    await rename(holder, away).catch(ignoreAbsent);
    await rm(away, { recursive: true, force: true });
  }
}

/** The right to change one key, as long as nobody evicts its owner. */
export class Claim {
  readonly #place: string;
  readonly #token: string;

  constructor(place: string, token: string) {
    this.#place = place;
    this.#token = token;
  }

  /** Makes the staged content the object at `target`; `makeFolder` makes the folder for it, if there is none. */
  async publish(target: string, makeFolder: (folder: string) => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await rename(contentPath(this.#place, this.#token), target);
      } catch (error) {
        if (errorCode(error) !== 'ENOENT') throw error;
        await this.#assertHeld();
        await makeFolder(path.dirname(target));
      }
    }
  }

  /** Takes the object at `target` away. Returns false when there is none. */
  async withdraw(target: string): Promise<boolean> {
    const found = await stat(target).catch(ignoreAbsent);
    if (!found?.isFile()) return false;
    try {
      await rename(target, contentPath(this.#place, this.#token));
      return true;
    } catch (error) {
      if (!isAbsent(error)) throw error;
      await this.#assertHeld();
      return false;
    }
  }

  async release(): Promise<void> {
    await rm(path.join(this.#place, this.#token), { recursive: true, force: true });
    await rmdir(this.#place).catch((error: unknown) => {
      const code = errorCode(error);
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && !isAbsent(error)) throw error;
    });
  }

  async #assertHeld(): Promise<void> {
    if ((await stat(path.join(this.#place, this.#token)).catch(ignoreAbsent)) === undefined) throw evictedWrite();
  }
}
