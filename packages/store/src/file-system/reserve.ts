import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder, sha256Of, writeFully } from '@mediclip/files';
import { ignoreAbsent } from './durable.js';
import { errorCode, isAbsent } from './file-errors.js';
import { contentPath, type Staged } from './staging.js';

/** More than the steps of a deletion, each of which may take one (of an image: its intention, records and folders). */
const reservedFolders = 16;
/** No record that a deletion marks is longer. */
const reservedBytes = 65_536;

/**
 * Staged folders (`staging.ts`) made ahead, whose content has its blocks on the disk already: with them a deletion
 * works when no byte is free. Shared by all processes; each folder serves once, and whoever renames it away has it.
 */
export class Reserve {
  readonly #folder: string;
  readonly #staging: string;

  constructor(folder: string, staging: string) {
    this.#folder = folder;
    this.#staging = staging;
  }

  /**
   * Makes what is missing, as far as there is room for it. Never rejects: the write that comes next says what is wrong.
   */
  async fill(): Promise<void> {
    try {
      await makeFolder(this.#folder);
      const present = await readdir(this.#folder);
      for (let count = present.length; count < reservedFolders; count++) await this.#add();
    } catch {
      // Filled when there is room again.
    }
  }

  /** One of the folders, now a staged one; its content is not to be read. `undefined` when none is left. */
  async take(): Promise<Staged | undefined> {
    for (const token of (await readdir(this.#folder).catch(ignoreAbsent)) ?? []) {
      const folder = path.join(this.#staging, token);
      try {
        await rename(path.join(this.#folder, token), folder);
      } catch (error) {
        if (isAbsent(error)) continue;
        throw error;
      }
      // The sweep takes a staged folder for a leftover by its age.
      await utimes(folder, new Date(), new Date());
      return { token, folder, etag: '', sizeBytes: 0 };
    }
    return undefined;
  }

  /**
   * A staged folder whose content is `body`, written over reserved blocks and flushed. `undefined` when none is left.
   */
  async stage(body: Uint8Array): Promise<Staged | undefined> {
    const staged = await this.take();
    if (staged === undefined) return undefined;
    const handle = await open(contentPath(staged.folder, staged.token), 'r+');
    try {
      await writeFully(handle, body);
      await handle.truncate(body.byteLength);
      await handle.sync();
    } catch (error) {
      await rm(staged.folder, { recursive: true, force: true });
      throw error;
    } finally {
      await handle.close();
    }
    return { ...staged, etag: await sha256Of(body), sizeBytes: body.byteLength };
  }

  /** A reserved folder, emptied, becomes the one at `place`, unless there is one already. False when none is left. */
  async folderAt(place: string): Promise<boolean> {
    const spare = await this.take();
    if (spare === undefined) return false;
    for (const name of await readdir(spare.folder)) await rm(path.join(spare.folder, name), { recursive: true });
    try {
      await rename(spare.folder, place);
    } catch (error) {
      await rm(spare.folder, { recursive: true, force: true });
      if (errorCode(error) !== 'ENOTEMPTY') throw error;
    }
    return true;
  }

  /** Makes room of one of the folders. False when none is left. */
  async giveUpOne(): Promise<boolean> {
    const spare = await this.take();
    if (spare !== undefined) await rm(spare.folder, { recursive: true, force: true });
    return spare !== undefined;
  }

  async #add(): Promise<void> {
    const token = randomUUID();
    const folder = path.join(this.#staging, token);
    try {
      await mkdir(folder);
      await mkdir(path.join(folder, token));
      // Not of zeros, which some file systems store as a hole.
      await writeFile(contentPath(folder, token), Buffer.alloc(reservedBytes, token));
      await rename(folder, path.join(this.#folder, token));
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }
}
