import { createReadStream, createWriteStream } from 'node:fs';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { ProblemError } from '@mediclip/contracts';
import { extract, type Header } from 'tar-stream';
import type { Archive, ArchiveFile, ArchiveLimits } from './archive.js';
import { corruptArchive, EntryChecks, linkProblem, longNames } from './entry-checks.js';

/** Bytes before an entry that may hold its long name and other attributes, read ahead included. */
const longestHeadersBytes = 256 * 1024;
const zeros = Buffer.alloc(64 * 1024);

/**
 * Unpacks the tar at `path`, gzipped or not, into files of `folder` with names of their own, looking at every entry on
 * the way. Rejects with the problems of `EntryChecks` and with `archive-corrupt`.
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
  const headers = new HeaderLimit();
  const unpacking = (async () => {
    for await (const entry of entries) {
      checks.count();
      const { type, name: given, size = 0 } = entry.header;
      headers.nextEntry(size);
      const name = checks.safeName(given);
      if (!isFile(type) && type !== 'directory') throw linkProblem(name);
      if (type === 'directory') {
        entry.resume();
        continue;
      }
      checks.addName(name);
      if (size === 0) {
        entry.resume();
        files.push({ name, sizeBytes: 0, open: nothing });
        continue;
      }
      const unpacked = path.join(folder, `entry-${files.length}`);
      await pipeline(entry, createWriteStream(unpacked, { flags: 'wx' }));
      files.push({ name, sizeBytes: size, open: () => createReadStream(unpacked) });
    }
  })();
  const measured = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      try {
        checks.addBytes(chunk.length);
        headers.addBytes(chunk);
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

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** Ends an archive that has more before an entry than names and attributes need: the parser would keep all of it. */
class HeaderLimit {
  #bytes = 0;
  #sizeBytes = 0;

  /** An entry was found, whose content of `sizeBytes` bytes follows. */
  nextEntry(sizeBytes: number): void {
    this.#bytes = 0;
    this.#sizeBytes = sizeBytes;
  }

  /** Throws `archive-names-too-long`. Zeros, which fill up the last entry and end the archive, may be any number. */
  addBytes(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    if (this.#bytes <= this.#sizeBytes + longestHeadersBytes || isZero(chunk)) return;
    throw longNames(`More than ${longestHeadersBytes} bytes stand before an entry.`, longestHeadersBytes);
  }
}

function isZero(chunk: Uint8Array): boolean {
  for (let at = 0; at < chunk.length; at += zeros.length) {
    const part = chunk.subarray(at, at + zeros.length);
    if (!zeros.subarray(0, part.length).equals(part)) return false;
  }
  return true;
}

function isFile(type: Header['type']): boolean {
  return type === 'file' || type === 'contiguous-file';
}
