import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';

const leftBehindMs = 86_400_000;

/** Runs `work` with a new folder below `<dataDir>/tmp`, which is gone with everything in it when the promise settles. */
export async function withTemporaryFolder<T>(dataDir: string, work: (folder: string) => Promise<T>): Promise<T> {
  const parent = path.join(dataDir, 'tmp');
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(path.join(parent, 'upload-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes temporary folders of processes that died, once they have rested for a day. */
export async function sweepTemporaryFolders(dataDir: string, now = Date.now()): Promise<void> {
  const parent = path.join(dataDir, 'tmp');
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    const folder = path.join(parent, name);
    const found = await stat(folder).catch(() => undefined);
    if (found && found.mtimeMs < now - leftBehindMs) await rm(folder, { recursive: true, force: true });
  }
}
