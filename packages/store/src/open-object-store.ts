import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { StoreMisconfigured } from './errors.js';
import { FileSystemStore } from './file-system/file-system-store.js';
import { LazyStore } from './lazy-store.js';
import type { ObjectStore } from './object-store.js';
import { parseS3Url } from './s3/s3-url.js';

/** The driver for a store URL, see `openStore`. Nothing is read or written yet. */
export function openObjectStore(url: string): ObjectStore {
  const protocol = URL.canParse(url) ? new URL(url).protocol : undefined;
  const folder = protocol === 'file:' ? folderOf(url) : undefined;
  if (folder !== undefined) return new FileSystemStore(folder);
  if (protocol === 's3:') {
    const place = parseS3Url(url);
    return new LazyStore(async () => new (await import('./s3/s3-store.js')).S3Store(place));
  }
  throw new StoreMisconfigured(
    `The store URL ${JSON.stringify(url)} cannot be used: write file:./folder, file:///absolute/folder or s3://bucket/prefix.`,
  );
}

/**
 * `file:///absolute/folder` as it stands, `file:relative/folder` below the working folder; undefined for a URL that
 * names no folder of this machine, such as `file://host/folder`.
 */
function folderOf(url: string): string | undefined {
  if (url === 'file:') return undefined;
  try {
    return url.startsWith('file:/') ? fileURLToPath(url) : path.resolve(decodeURIComponent(url.slice('file:'.length)));
  } catch {
    return undefined;
  }
}
