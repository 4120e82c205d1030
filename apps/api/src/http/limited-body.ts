import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { tooLarge } from './media-types.js';

/**
 * The chunks of a streamed body. Throws `payload-too-large` beyond `maximumBytes`. A body that is not read to its end stays open, so that
 * its sender can still be answered.
 */
export async function* limitedBody(request: FastifyRequest, maximumBytes: number): AsyncGenerator<Uint8Array> {
  let leftBytes = maximumBytes;
  for await (const chunk of (request.body as Readable).iterator({ destroyOnReturn: false })) {
    leftBytes -= (chunk as Uint8Array).length;
    if (leftBytes < 0) throw tooLarge(maximumBytes);
    yield chunk as Uint8Array;
  }
}
