import type { Readable } from 'node:stream';
import { hashing } from '@mediclip/files';
import type { FastifyRequest } from 'fastify';
import { readForm } from '../uploads/form.js';
import { ClientGone } from './client-gone.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** SHA-256 of a streamed body, once it was read to its end. */
    bodyDigest: string | undefined;
  }
}

/** The chunks of a raw body; at their end its digest is known. Throws `ClientGone` when its end never comes. */
export async function* rawBody(request: FastifyRequest): AsyncGenerator<Uint8Array> {
  const hashed = hashing(request.body as Readable);
  try {
    yield* hashed;
  } catch (error) {
    throw request.raw.complete ? error : new ClientGone();
  }
  request.bodyDigest = hashed.digest();
}

/** Digest of a streamed body; reads it to its end when nobody has. */
export async function restOfBodyDigest(request: FastifyRequest): Promise<string> {
  if (request.bodyDigest === undefined) await readAll(request);
  if (request.bodyDigest === undefined) throw new Error('This is a bug: the body was read, but not to its end.');
  return request.bodyDigest;
}

async function readAll(request: FastifyRequest): Promise<void> {
  if (!request.isMultipart()) {
    for await (const _ of rawBody(request));
    return;
  }
  for await (const _ of readForm(request, { maximumBytes: Number.POSITIVE_INFINITY, maximumFiles: 1_000_000 }));
}
