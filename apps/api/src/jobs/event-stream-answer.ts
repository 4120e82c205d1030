import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import type { RawAnswer } from '../http/handlers.js';

export interface EventStreamOptions {
  /** The client has gone, or the server closes. */
  readonly ends: readonly AbortSignal[];
  /** Gets the signal that ends it: one of those, or that of the key that it was opened with being withdrawn. */
  readonly open: (stopped: AbortSignal) => AsyncIterable<string>;
  /** Called once it is over, whether anybody read of it or not. */
  readonly leavePlace: () => void;
}

/** A stream of server-sent events as an answer. */
export function eventStreamAnswer(request: FastifyRequest, { ends, open, leavePlace }: EventStreamOptions): RawAnswer {
  const withdrawn = new AbortController();
  const release = request.whenKeyIsWithdrawn(() => withdrawn.abort());
  const stream = Readable.from(open(AbortSignal.any([...ends, withdrawn.signal])));
  stream.once('close', release).once('close', leavePlace);
  return {
    mediaType: 'text/event-stream',
    bytes: stream,
    headers: { 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
  };
}
