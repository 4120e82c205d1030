import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** Bytes that were written to a file of this machine. */
export interface SpooledFile {
  readonly path: string;
  /** Of all that came, also of what was beyond the limit and is not in the file. */
  readonly sizeBytes: number;
  readonly isTooLarge: boolean;
}

/** Writes what comes to a new file at `path`. Beyond `maximumBytes` it is read on, but no longer kept: the file costs only itself. */
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
  await pipeline(kept, createWriteStream(path, { flags: 'wx' }), { signal });
  return { path, sizeBytes, isTooLarge: sizeBytes > maximumBytes };
}
