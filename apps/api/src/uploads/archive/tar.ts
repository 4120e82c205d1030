import { createReadStream, createWriteStream } from 'node:fs';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { ProblemError } from '@mediclip/contracts';
import { extract, type Header } from 'tar-stream';
import type { Archive, ArchiveFile, ArchiveLimits } from './archive.js';
import { corruptArchive, EntryChecks, linkProblem } from './entry-checks.js';

/**
 * Unpacks the tar at `path`, gzipped or not, into files of `folder` with names of their own, looking at every entry on the way.
 * Rejects with the problems of `EntryChecks` and with `archive-corrupt`.
 */
export async function openTar(
  archivePath: string,
  {
    isGzipped,
    packedBytes,
    folder,
    limits,
    signal,
  }: {
    readonly isGzipped: boolean;
    readonly packedBytes: number;
    readonly folder: string;
    readonly limits: ArchiveLimits;
    readonly signal: AbortSignal;
  },
): Promise<Archive> {
  const checks = new EntryChecks(limits, packedBytes);
  const files: ArchiveFile[] = [];
  const entries = extract();
  const unpacking = (async () => {
    for await (const entry of entries) {
      checks.count();
      const { type, name: given, size = 0 } = entry.header;
      const name = checks.safeName(given);
      if (!isFile(type) && type !== 'directory') throw linkProblem(name);
      if (type === 'directory') {
        entry.resume();
        continue;
      }
      checks.addName(name);
      const unpacked = path.join(folder, `entry-${files.length}`);
      await pipeline(entry, createWriteStream(unpacked, { flags: 'wx' }));
      files.push({ name, sizeBytes: size, open: () => createReadStream(unpacked) });
    }
  })();
  const measured = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      try {
        checks.addBytes(chunk.length);
        done(null, chunk);
      } catch (error) {
        done(error as ProblemError);
      }
    },
  });
  const packed = createReadStream(archivePath);
  const reading = isGzipped
    ? pipeline(packed, createGunzip(), measured, entries, { signal })
    : pipeline(packed, measured, entries, { signal });
  const [unpacked, read] = await Promise.allSettled([unpacking, reading]);
  for (const result of [unpacked, read]) {
    if (result.status === 'rejected' && result.reason instanceof ProblemError) throw result.reason;
  }
  signal.throwIfAborted();
  for (const result of [unpacked, read]) if (result.status === 'rejected') throw corruptArchive(result.reason);
  return { files, close: async () => undefined };
}

function isFile(type: Header['type']): boolean {
  return type === 'file' || type === 'contiguous-file';
}
