import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { tooLarge } from './media-types.js';
import { whoIsAwaited } from './timeouts.js';

/**
 * The chunks of a streamed body; none of a request without a body. Throws `payload-too-large` beyond `maximumBytes`. A
 * body that is not read to its end stays open, so that its sender can still be answered. While a chunk is worked on,
 * the client is not blamed for its silence.
 */
export async function* limitedBody(request: FastifyRequest, maximumBytes: number): AsyncGenerator<Uint8Array> {
  let leftBytes = maximumBytes;
  const body = request.body as Readable | null | undefined;
  if (!body) return;
  for await (const chunk of body.iterator({ destroyOnReturn: false })) {
    whoIsAwaited(request, 'server');
    leftBytes -= (chunk as Uint8Array).length;
    if (leftBytes < 0) throw tooLarge(maximumBytes);
    yield chunk as Uint8Array;
    if (!request.raw.complete) whoIsAwaited(request, 'client');
  }
}
