import type { JobEvent } from '@mediclip/contracts';
import { ConnectionError } from './client-problem.js';
import { serverSentEvents } from './server-sent-events.js';
import type { Transport } from './transport.js';

/**
 * The events of a job after `lastEventId`, to its end. A connection that breaks is opened anew where it broke; the
 * budget for retries starts again with every event that came.
 */
export async function* jobEvents(
  transport: Transport,
  path: string,
  { lastEventId, signal }: { readonly lastEventId?: number; readonly signal?: AbortSignal } = {},
): AsyncGenerator<JobEvent> {
  let last = lastEventId;
  let budget = transport.budget();
  for (;;) {
    try {
      const body = await transport.attempt(
        {
          method: 'GET',
          path,
          accept: 'text/event-stream',
          signal,
          ...(last !== undefined && { headers: { 'last-event-id': String(last) } }),
        },
        async (response) => response.body!,
      );
      for await (const { data } of serverSentEvents(connection(body, signal))) {
        const event: JobEvent = JSON.parse(data);
        yield event;
        if (event.type === 'end') return;
        last = event.id;
        budget = transport.budget();
      }
      throw new ConnectionError('The stream of events ended before the job did.');
    } catch (error) {
      await budget.afterFailure(error, signal);
    }
  }
}

/** The bytes of a stream; whatever breaks it is a `ConnectionError`, or the reason of the signal. */
async function* connection(body: ReadableStream<Uint8Array>, signal: AbortSignal | undefined) {
  try {
    yield* body;
  } catch (error) {
    signal?.throwIfAborted();
    throw new ConnectionError('The stream of events broke.', { cause: error });
  }
}
