import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { hashing } from '@mediclip/files';
import { DamagedContent, InvalidKey } from '../errors.js';
import { ignoreAbsent } from '../file-system/durable.js';
import { removeLeftovers } from '../file-system/staging.js';
import { isSafeName } from '../object-keys.js';
import type { ObjectStore } from '../object-store.js';
import type { StoredModel } from './model-record.js';

/** After which rest a fetch counts as one whose process died. */
const abandonedMs = 3_600_000;

type ModelFiles = StoredModel['files'];

/**
 * Puts the files of a local folder as objects below `prefix` and returns them sorted by name. Folders inside it are
 * refused.
 */
export async function putFiles(objects: ObjectStore, folder: string, prefix: string): Promise<ModelFiles> {
  const entries = await readdir(folder, { withFileTypes: true });
  const files: ModelFiles = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (!entry.isFile() || !isSafeName(entry.name)) {
      throw new InvalidKey(
        `A model's folder may hold files with names of a-z, 0-9, '.', '_' and '-' only: take ${entry.name} out of it.`,
      );
    }
    const hashed = hashing(createReadStream(path.join(folder, entry.name)));
    const { sizeBytes } = await objects.put(`${prefix}${entry.name}`, hashed);
    files.push({ name: entry.name, sha256: hashed.digest(), sizeBytes });
  }
  return files;
}

/** Digest of a model's files: SHA-256 over one line `name sha256` for each, in order of names. */
export function filesDigest(files: ModelFiles): string {
  return createHash('sha256')
    .update(files.map(({ name, sha256 }) => `${name} ${sha256}\n`).join(''))
    .digest('hex');
}

/**
 * Makes `<cache>/<digest>` hold the files that lie as objects below `prefix`, and returns that path. What is there
 * already was fetched whole, so it is not fetched again; several processes may share a cache. Rejects with
 * `DamagedContent` when a file is not what was put.
 */
export async function fetchFiles(
  objects: ObjectStore,
  prefix: string,
  { files, digest }: Pick<StoredModel, 'files' | 'digest'>,
  cache: string,
): Promise<string> {
  const target = path.join(cache, digest);
  if (await exists(target)) return target;
  const underWay = path.join(cache, '.fetching');
  await removeLeftovers(underWay, abandonedMs);
  const fetching = path.join(underWay, randomUUID());
  await mkdir(fetching, { recursive: true });
  try {
    for (const { name, sha256 } of files) {
      const found = await objects.getStream(`${prefix}${name}`);
      const hashed = hashing(found?.stream ?? []);
      if (found) await pipeline(hashed, createWriteStream(path.join(fetching, name), { flush: true }));
      if (!found || hashed.digest() !== sha256) {
        throw new DamagedContent(`The model's file ${name} is gone or has changed: restore it from a backup.`);
      }
    }
    await rename(fetching, target).catch(async (error: unknown) => {
      if (!(await exists(target))) throw error;
    });
    return target;
  } finally {
    await rm(fetching, { recursive: true, force: true });
  }
}

async function exists(folder: string): Promise<boolean> {
  return (await stat(folder).catch(ignoreAbsent)) !== undefined;
}
