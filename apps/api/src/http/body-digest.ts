import { hashing } from '@mediclip/files';
import type { FastifyRequest } from 'fastify';
import { readForm } from '../uploads/form.js';
import { limitedBody } from './limited-body.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** SHA-256 of a streamed body, once it was read to its end. */
    bodyDigest: string | undefined;
  }
}

/** More than any form has that was answered; its bytes are limited besides. */
const mostFilesOfRepeats = 100_000;

/**
 * The chunks of a raw body; at their end its digest is known. Throws `payload-too-large` beyond `limitBytes`, and
 * `ClientGone` when its client goes before its end was read.
 */
export async function* rawBody(request: FastifyRequest, limitBytes: number): AsyncGenerator<Uint8Array> {
  const hashed = hashing(limitedBody(request, limitBytes));
  yield* hashed;
  request.bodyDigest = hashed.digest();
}

/** Digest of a streamed body, which may have `limitBytes`; reads it to its end when nobody has. */
export async function restOfBodyDigest(request: FastifyRequest, limitBytes: number): Promise<string> {
  if (request.bodyDigest === undefined) await readAll(request, limitBytes);
  if (request.bodyDigest === undefined) throw new Error('This is a bug: the body was read, but not to its end.');
  return request.bodyDigest;
}

async function readAll(request: FastifyRequest, limitBytes: number): Promise<void> {
  const isForm = request.headers['content-type']?.toLowerCase().startsWith('multipart/form-data');
  const limits = { maximumBytes: limitBytes, maximumFiles: mostFilesOfRepeats };
  for await (const _ of isForm ? readForm(request, limits) : rawBody(request, limitBytes));
}
