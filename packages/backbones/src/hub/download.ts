import { existsSync, statSync } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileDigest } from '../weights/digests.js';
import { WeightsError } from '../weights-error.js';
import type { Hub, HubFile } from './hub.js';
import { type RetryPolicy, withRetries } from './retry.js';
import { TransientError } from './transient-error.js';

export interface DownloadOptions {
  readonly policy: RetryPolicy;
  readonly signal?: AbortSignal | undefined;
  /** Called with how many bytes are here. */
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

/**
 * Brings a file of the hub to `target`, which is there only once its SHA-256 is right. Until then its bytes lie in
 * `target.<digest>.partial`, from which a later download of the same content goes on. Rejects with a `WeightsError` and
 * the signal's reason.
 */
export async function download(hub: Hub, file: HubFile, target: string, options: DownloadOptions): Promise<void> {
  const partial = `${target}.${file.sha256.slice(0, 16)}.partial`;
  const here = () => (existsSync(partial) ? statSync(partial).size : 0);
  const { policy, signal } = options;
  await removeOthers(target, partial);
  await withRetries(() => fetchRest(hub, file, partial, options), policy, signal, here);
  const digest = fileDigest(partial);
  if (digest !== file.sha256) {
    await rm(partial);
    throw new WeightsError(
      'digest-mismatch',
      `What came from ${new URL(file.url).host} is not what it promised (its SHA-256 is ${digest}, not ${file.sha256}); pull again.`,
    );
  }
  await rename(partial, target);
}

/** What has come of another content of the file is of no use. */
async function removeOthers(target: string, partial: string): Promise<void> {
  const folder = path.dirname(target);
  const isOther = (name: string) =>
    name.startsWith(`${path.basename(target)}.`) && name.endsWith('.partial') && name !== path.basename(partial);
  for (const name of (await readdir(folder)).filter(isOther)) await rm(path.join(folder, name));
}

async function fetchRest(
  hub: Hub,
  file: HubFile,
  partial: string,
  { signal, onProgress }: DownloadOptions,
): Promise<void> {
  const handle = await open(partial, 'a+');
  try {
    let { size: position } = await handle.stat();
    if (position > file.sizeBytes) {
      await handle.truncate(0);
      position = 0;
    }
    if (position === file.sizeBytes) return;
    const { start, body } = await hub.open(file, position, signal);
    if (start !== position) await handle.truncate(start);
    position = start;
    for await (const chunk of connected(body, signal)) {
      if (position + chunk.length > file.sizeBytes) throw new TransientError('the server sent more than the file has');
      await handle.appendFile(chunk);
      position += chunk.length;
      onProgress?.(position, file.sizeBytes);
    }
    if (position < file.sizeBytes) throw new TransientError('the connection ended too early');
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The chunks of a body; a connection that breaks becomes a `TransientError`. */
async function* connected(body: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined) {
  const chunks = body[Symbol.asyncIterator]();
  for (;;) {
    const next = await chunks.next().catch((cause: Error) => {
      if (signal?.aborted) throw signal.reason;
      throw new TransientError('the connection broke', undefined, { cause });
    });
    if (next.done) return;
    yield next.value;
  }
}
