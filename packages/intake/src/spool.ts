import { createWriteStream } from 'node:fs';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { storeErrorOf } from '@mediclip/store';

/** Bytes that were written to a file of this machine. */
export interface SpooledFile {
  readonly path: string;
  /** The size of all that came, also of what was beyond the limit and is not in the file. */
  readonly sizeBytes: number;
  readonly isTooLarge: boolean;
}

/** Whether an error is of the file system, and not of what was to be written. */
function isOfFile(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && (error.syscall === 'open' || error.syscall === 'write');
}

/**
 * Writes what comes to a new file at `path`. Beyond `maximumBytes` it is read on, but no longer kept: the file costs
 * only itself. Rejects with the reason of `signal`, and with a `StoreError` (`StoreFull` for want of room) when the
 * file cannot be written.
 */
export async function spool(
  content: AsyncIterable<Uint8Array>,
  path: string,
  { maximumBytes, signal }: { readonly maximumBytes: number; readonly signal: AbortSignal },
): Promise<SpooledFile> {
  let sizeBytes = 0;
  const kept = async function* () {
    for await (const chunk of content) {
      sizeBytes += chunk.length;
      if (sizeBytes <= maximumBytes) yield chunk;
    }
  };
  try {
    await pipeline(kept, createWriteStream(path, { flags: 'wx' }), { signal });
  } catch (error) {
    // Whoever aborts says why; the pipeline would only say that it was.
    signal.throwIfAborted();
    throw isOfFile(error) ? storeErrorOf(error, dirname(path)) : error;
  }
  return { path, sizeBytes, isTooLarge: sizeBytes > maximumBytes };
}
