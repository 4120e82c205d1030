import path from 'node:path';
import type { FastifyRequest } from 'fastify';
import type { ServerSettings } from '../../dependencies.js';
import { rawBody } from '../../http/body-digest.js';
import { tooLarge } from '../../http/media-types.js';
import { spool } from '../spool.js';
import type { Archive } from './archive.js';
import { openArchive } from './open-archive.js';

/** Writes the body of a request into `folder` and opens it as an archive, which the caller closes. Rejects with a problem of the archive. */
export async function receiveArchive(
  { request, signal }: { readonly request: FastifyRequest; readonly signal: AbortSignal },
  folder: string,
  limits: ServerSettings['archives'],
): Promise<Archive> {
  const packed = path.join(folder, 'archive');
  const { isTooLarge } = await spool(limited(rawBody(request), limits.packedBytes), packed, {
    maximumBytes: limits.packedBytes,
    signal,
  });
  if (isTooLarge) throw tooLarge(limits.packedBytes);
  return openArchive(packed, { folder, limits, signal });
}

/** Ends a body that is longer than it may be: nobody need send the rest. */
async function* limited(body: AsyncIterable<Uint8Array>, maximumBytes: number): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.length;
    if (sizeBytes > maximumBytes) throw tooLarge(maximumBytes);
    yield chunk;
  }
}
