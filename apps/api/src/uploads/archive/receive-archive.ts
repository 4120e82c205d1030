import path from 'node:path';
import { spool } from '@mediclip/intake';
import type { FastifyRequest } from 'fastify';
import type { ServerSettings } from '../../dependencies.js';
import { rawBody } from '../../http/body-digest.js';
import type { ServerMemory } from '../../memory.js';
import type { Archive } from './archive.js';
import { openArchive } from './open-archive.js';

/** What the table of contents of an archive takes at most: 20,000 entries, and names of 8 MiB. */
const mostContentsBytes = 16 * 1024 * 1024;

interface Receiving {
  readonly request: FastifyRequest;
  readonly signal: AbortSignal;
  readonly store: { readonly tenant: string };
}

/**
 * Writes the body of a request into `folder` and hands it to `use` as an archive once there is memory for its contents;
 * it is closed when the promise settles. Rejects with a problem of the archive.
 */
export async function withArchive<R>(
  { request, signal, store }: Receiving,
  folder: string,
  { limits, memory }: { readonly limits: ServerSettings['archives']; readonly memory: Pick<ServerMemory, 'archive'> },
  use: (archive: Archive) => Promise<R>,
): Promise<R> {
  const packed = path.join(folder, 'archive');
  const { sizeBytes } = await spool(rawBody(request, limits.packedBytes), packed, {
    maximumBytes: limits.packedBytes,
    signal,
  });
  const contentsBytes = Math.min(sizeBytes, mostContentsBytes);
  return memory.archive.with(contentsBytes, { signal, caller: store.tenant }, async () => {
    const archive = await openArchive(packed, { folder, limits, signal });
    try {
      return await use(archive);
    } finally {
      await archive.close();
    }
  });
}
