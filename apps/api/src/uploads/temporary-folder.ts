import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { ProcessFolder, removeDeadFolders } from '@mediclip/files';
import { storeErrorOf } from '@mediclip/store';

const leftBehindMs = 86_400_000;

/** The folder of this process below `<dataDir>/tmp`, by data folder. */
const own = new Map<string, Promise<ProcessFolder>>();

/**
 * Runs `work` with a new folder below `<dataDir>/tmp`, which is gone with everything in it when the promise settles.
 * Rejects with a `StoreError` when the folder cannot be made, `StoreFull` for want of room.
 */
export function withTemporaryFolder<T>(dataDir: string, work: (folder: string) => Promise<T>): Promise<T> {
  return withTemporaryFolderIfNeeded(dataDir, async (folder) => work(await folder()));
}

/**
 * The same, for work that may need no folder: it is made when `folder` is called first. Then that rejects as
 * `withTemporaryFolder` does.
 */
export async function withTemporaryFolderIfNeeded<T>(
  dataDir: string,
  work: (folder: () => Promise<string>) => Promise<T>,
): Promise<T> {
  let made: Promise<string> | undefined;
  const folder = () => {
    made ??= makeFolder(dataDir).catch((error: unknown) => {
      throw storeErrorOf(error, dataDir);
    });
    return made;
  };
  try {
    return await work(folder);
  } finally {
    const path = await made?.catch(() => undefined);
    if (path !== undefined) await rm(path, { recursive: true, force: true });
  }
}

async function makeFolder(dataDir: string): Promise<string> {
  let processFolder = own.get(dataDir);
  if (processFolder === undefined) {
    processFolder = ProcessFolder.make(path.join(dataDir, 'tmp'), 'uploads');
    own.set(dataDir, processFolder);
    processFolder.catch(() => own.delete(dataDir));
  }
  const parent = (await processFolder).path;
  await mkdir(parent, { recursive: true });
  return mkdtemp(path.join(parent, 'upload-'));
}

/**
 * Removes temporary folders of processes that died, whatever their age, for there may be pictures of patients in them;
 * folders whose process is not known, once they have rested for a day.
 */
export async function sweepTemporaryFolders(dataDir: string, now = Date.now()): Promise<void> {
  const parent = path.join(dataDir, 'tmp');
  await mkdir(parent, { recursive: true });
  await removeDeadFolders(parent);
  for (const name of await readdir(parent)) {
    const folder = path.join(parent, name);
    const found = await stat(folder).catch(() => undefined);
    const isOfKnownProcess = /^[a-z]+-[0-9a-f]{8}-[0-9a-f-]{36}$/.test(name);
    if (found && !isOfKnownProcess && found.mtimeMs < now - leftBehindMs)
      await rm(folder, { recursive: true, force: true });
  }
}

/** Gives up this process's folder below `<dataDir>/tmp`. */
export async function closeTemporaryFolders(dataDir: string): Promise<void> {
  const processFolder = own.get(dataDir);
  own.delete(dataDir);
  await (await processFolder)?.remove();
}
