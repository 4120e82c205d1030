import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { bodyChunks } from './body-chunks.js';
import { tooLarge } from './media-types.js';
import { whoIsAwaited } from './timeouts.js';

/**
 * The chunks of a streamed body; none of a request without a body. Throws as `bodyChunks`, and `payload-too-large`
 * beyond `maximumBytes`. While a chunk is worked on, the client is not blamed for its silence.
 */
export async function* limitedBody(request: FastifyRequest, maximumBytes: number): AsyncGenerator<Uint8Array> {
  let leftBytes = maximumBytes;
  const body = request.body as Readable | null | undefined;
  if (!body) return;
  for await (const chunk of bodyChunks(body)) {
    whoIsAwaited(request, 'server');
    leftBytes -= chunk.length;
    if (leftBytes < 0) throw tooLarge(maximumBytes);
    yield chunk;
    if (!request.raw.complete) whoIsAwaited(request, 'client');
  }
}
