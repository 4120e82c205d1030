import { open } from 'node:fs/promises';
import { ProblemError } from '@mediclip/contracts';
import type { Archive, ArchiveLimits } from './archive.js';
import { openTar } from './tar.js';
import { openZip } from './zip.js';

const tarMagicOffset = 257;
const headBytes = 512;

/**
 * Opens the archive at `path`, told by content; `folder` is for what it unpacks to. Rejects with a problem of the
 * archive.
 */
export async function openArchive(
  path: string,
  options: { readonly folder: string; readonly limits: ArchiveLimits; readonly signal: AbortSignal },
): Promise<Archive> {
  const { head, sizeBytes } = await headOf(path);
  const begins = (...bytes: number[]) => bytes.every((byte, i) => head[i] === byte);
  if (begins(0x50, 0x4b, 0x03, 0x04) || begins(0x50, 0x4b, 0x05, 0x06)) {
    return openZip(path, sizeBytes, options.limits);
  }
  const isGzipped = begins(0x1f, 0x8b);
  if (!isGzipped && head.toString('latin1', tarMagicOffset, tarMagicOffset + 5) !== 'ustar') {
    throw new ProblemError('archive-unsupported-format');
  }
  return openTar(path, { ...options, isGzipped, packedBytes: sizeBytes });
}

async function headOf(path: string): Promise<{ head: Buffer; sizeBytes: number }> {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return { head: buffer.subarray(0, bytesRead), sizeBytes: (await handle.stat()).size };
  } finally {
    await handle.close();
  }
}
