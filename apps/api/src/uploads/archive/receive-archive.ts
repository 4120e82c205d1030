import path from 'node:path';
import { spool } from '@mediclip/intake';
import type { FastifyRequest } from 'fastify';
import type { ServerSettings } from '../../dependencies.js';
import { rawBody } from '../../http/body-digest.js';
import type { Archive } from './archive.js';
import { openArchive } from './open-archive.js';

/** Writes the body of a request into `folder` and opens it as an archive, which the caller closes. Rejects with a problem of the archive. */
export async function receiveArchive(
  { request, signal }: { readonly request: FastifyRequest; readonly signal: AbortSignal },
  folder: string,
  limits: ServerSettings['archives'],
): Promise<Archive> {
  const packed = path.join(folder, 'archive');
  await spool(rawBody(request, limits.packedBytes), packed, { maximumBytes: limits.packedBytes, signal });
  return openArchive(packed, { folder, limits, signal });
}
