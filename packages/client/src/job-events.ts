import type { Job, JobEvent } from '@mediclip/contracts';
import { ConnectionError } from './client-problem.js';
import { type ServerSentEvent, serverSentEvents } from './server-sent-events.js';
import type { Transport } from './transport.js';

interface FollowOptions {
  readonly lastEventId?: number;
  readonly signal?: AbortSignal;
}

/** The events of a job after `lastEventId`, to its end. */
export async function* jobEvents(
  transport: Transport,
  path: string,
  options?: FollowOptions,
): AsyncGenerator<JobEvent> {
  for await (const { data } of followedEvents(transport, path, options)) {
    const event: JobEvent = JSON.parse(data);
    yield event;
    if (event.type === 'end') return;
  }
}

/** Jobs of all kinds as they change, until the caller has enough. */
export async function* allJobEvents(transport: Transport, path: string, options?: FollowOptions): AsyncGenerator<Job> {
  for await (const { data } of followedEvents(transport, path, options)) yield JSON.parse(data) as Job;
}

/**
 * The events of a stream. A connection that breaks is opened anew where it broke; the budget for retries starts again
 * with every event that came.
 */
async function* followedEvents(
  transport: Transport,
  path: string,
  { lastEventId, signal }: FollowOptions = {},
): AsyncGenerator<ServerSentEvent> {
  let last = lastEventId === undefined ? undefined : String(lastEventId);
  let budget = transport.budget();
  for (;;) {
    try {
      const body = await transport.attempt(
        {
          method: 'GET',
          path,
          accept: 'text/event-stream',
          signal,
          ...(last !== undefined && { headers: { 'last-event-id': last } }),
        },
        async (response) => response.body!,
      );
      for await (const event of serverSentEvents(connection(body, signal))) {
        yield event;
        last = event.id ?? last;
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
