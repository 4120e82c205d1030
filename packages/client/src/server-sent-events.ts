import { createParser, type EventSourceMessage } from 'eventsource-parser';

/** One event of a stream (WHATWG HTML, server-sent events). */
export type ServerSentEvent = EventSourceMessage;

/** The events of a body, as they come. A last event without its blank line is dropped, as the specification says. */
export async function* serverSentEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const events: ServerSentEvent[] = [];
  const parser = createParser({ onEvent: (event) => events.push(event) });
  const decoder = new TextDecoder();
  for await (const bytes of body) {
    parser.feed(decoder.decode(bytes, { stream: true }));
    yield* events.splice(0);
  }
}
