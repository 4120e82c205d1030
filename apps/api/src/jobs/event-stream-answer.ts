import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import type { RawAnswer } from '../http/handlers.js';

/**
 * A stream of server-sent events as an answer. `open` gets the signal that ends it: the client has gone, the server
 * closes, or the key that it was opened with is withdrawn.
 */
export function eventStreamAnswer(
  request: FastifyRequest,
  ends: readonly AbortSignal[],
  open: (stopped: AbortSignal) => AsyncIterable<string>,
): RawAnswer {
  const withdrawn = new AbortController();
  const release = request.whenKeyIsWithdrawn(() => withdrawn.abort());
  const stream = Readable.from(open(AbortSignal.any([...ends, withdrawn.signal])));
  stream.once('close', release);
  return {
    mediaType: 'text/event-stream',
    bytes: stream,
    headers: { 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
  };
}
