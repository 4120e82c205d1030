import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { hashing, writeFully } from '@mediclip/files';
import type { ObjectBody } from '../object-store.js';
import { ignoreAbsent } from './durable.js';
import { isAbsent } from './file-errors.js';

/**
 * What a write prepares before it shows: the folder `<staging>/<token>/<token>/` with the new bytes in `content`. The
 * outer folder is what becomes the claim of a key (`claims.ts`), the inner one tells whose claim it is.
 */
export interface Staged {
  readonly token: string;
  readonly folder: string;
  /** The etag of this driver: the SHA-256 of the content. */
  readonly etag: string;
  readonly sizeBytes: number;
}

const contentName = 'content';

/** Where the staged bytes lie inside `folder`, which is the staged folder or the claim it became. */
export function contentPath(folder: string, token: string): string {
  return path.join(folder, token, contentName);
}

/** Whether the staged content is still there: the sweep removes what rested too long. */
export async function isStaged({ folder, token }: Staged): Promise<boolean> {
  return (await stat(contentPath(folder, token)).catch(ignoreAbsent)) !== undefined;
}

/** A staged folder without content, for a claim that only deletes. */
export async function stageNothing(staging: string): Promise<Staged> {
  const token = randomUUID();
  const folder = path.join(staging, token);
  // One by one: of a read-only file system, a recursive mkdir of Node says that the folder is missing.
  await mkdir(folder);
  await mkdir(path.join(folder, token));
  return { token, folder, etag: '', sizeBytes: 0 };
}

/** Writes `body` to a new staged folder and flushes it. When the body or the disk fails, nothing is left behind. */
export async function stage(staging: string, body: ObjectBody): Promise<Staged> {
  const { token, folder } = await stageNothing(staging);
  try {
    const handle = await open(contentPath(folder, token), 'wx');
    try {
      const written = await writeBody(handle, body);
      await handle.sync();
      return { token, folder, ...written };
    } finally {
      await handle.close();
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function writeBody(handle: FileHandle, body: ObjectBody): Promise<{ etag: string; sizeBytes: number }> {
  const hashed = hashing(body instanceof Uint8Array ? [body] : body);
  for await (const chunk of hashed) await writeFully(handle, chunk);
  return { etag: hashed.digest(), sizeBytes: hashed.sizeBytes };
}

/**
 * Removes folders of `parent` (staged writes or claims) that nobody has written to for `ageMs`. A writer that comes
 * back after that finds its folder gone, and its write fails as a whole.
 */
export async function removeLeftovers(parent: string, ageMs: number): Promise<void> {
  const names = await readdir(parent).catch(ignoreAbsent);
  for (const name of names ?? []) {
    const folder = path.join(parent, name);
    if ((await lastWrite(folder)) <= Date.now() - ageMs) await rm(folder, { recursive: true, force: true });
  }
}

/** Latest modification of a folder and everything in it, milliseconds since 1970. */
async function lastWrite(folder: string): Promise<number> {
  try {
    const names = await readdir(folder, { recursive: true });
    const times = await Promise.all(
      [folder, ...names.map((name) => path.join(folder, name))].map(async (entry) => (await stat(entry)).mtimeMs),
    );
    return Math.max(...times);
  } catch (error) {
    if (isAbsent(error)) return Number.POSITIVE_INFINITY;
    throw error;
  }
}
