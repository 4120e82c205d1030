import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { type Attempt, RecordNotFound, type Store } from '@mediclip/store';

/** A folder `<tenant>.<job id>.<fencing token>` for each attempt, so that no two ever write into the same one. */
const pattern = /^([a-z0-9-]+)\.([0-9a-f-]{36})\.(\d+)$/;

/**
 * Lends a fresh local folder to the attempt, and removes it whatever comes of the work; those of earlier attempts here
 * go too.
 */
export async function withWorkFolder<T>(
  workFolder: string,
  { tenant, jobId, fencingToken }: Attempt & { readonly tenant: string },
  work: (folder: string) => Promise<T>,
): Promise<T> {
  await mkdir(workFolder, { recursive: true });
  for (const name of await readdir(workFolder)) {
    const [, owner, id, token] = pattern.exec(name) ?? [];
    if (owner === tenant && id === jobId && Number(token) < fencingToken) await remove(path.join(workFolder, name));
  }
  const folder = path.join(workFolder, `${tenant}.${jobId}.${fencingToken}`);
  try {
    await mkdir(folder);
    return await work(folder);
  } finally {
    await remove(folder);
  }
}

/** Removes the folders of attempts that have lost their right to work, left behind by processes that died. */
export async function sweepWorkFolders(workFolder: string, store: Store): Promise<void> {
  await mkdir(workFolder, { recursive: true });
  for (const name of await readdir(workFolder)) {
    const [, tenant, jobId, token] = pattern.exec(name) ?? [];
    if (tenant === undefined || jobId === undefined) continue;
    if (!(await isCurrent(store, tenant, { jobId, fencingToken: Number(token) }))) {
      await remove(path.join(workFolder, name));
    }
  }
}

async function isCurrent(store: Store, tenant: string, { jobId, fencingToken }: Attempt): Promise<boolean> {
  try {
    const stored = await store.tenant(tenant).jobs.get(jobId);
    return stored.job.state === 'running' && stored.fencingToken === fencingToken;
  } catch (error) {
    if (error instanceof RecordNotFound) return false;
    throw error;
  }
}

const remove = (folder: string) => rm(folder, { recursive: true, force: true, maxRetries: 3 });
