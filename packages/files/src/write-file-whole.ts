import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, unlink } from 'node:fs/promises';
import path from 'node:path';

/** What a file is to hold: bytes, text, or whatever a function writes to it. */
export type FileContent = Uint8Array | string | ((file: FileHandle) => Promise<void>);

/**
 * Writes a file whole or not at all: under a temporary name beside it that no other writer has, flushed to the disk,
 * renamed, and the new name flushed too. A file that is there already is replaced. When anything fails, the file is as
 * it was before.
 */
export async function writeFileWhole(file: string, content: FileContent): Promise<void> {
  const temporary = `${file}.${randomUUID()}.partial`;
  try {
    const handle = await open(temporary, 'wx');
    try {
      if (typeof content === 'function') await content(handle);
      else await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await syncFolder(path.dirname(file));
}

/** Makes the entries of a folder (created, renamed or removed names) survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Writes all of `bytes`, however few the system takes at a time: at `position` (bytes from the beginning of the file),
 * or where the last write ended.
 */
export async function writeFully(file: FileHandle, bytes: Uint8Array, position?: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength; ) {
    const place = position === undefined ? null : position + done;
    done += (await file.write(bytes, done, bytes.byteLength - done, place)).bytesWritten;
  }
}
