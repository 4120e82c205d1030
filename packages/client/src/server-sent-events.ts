/** One event of a stream (WHATWG HTML, server-sent events). */
export interface ServerSentEvent {
  readonly id?: string;
  readonly event?: string;
  readonly data: string;
}

/** The events of a body, as they come. A last event without its blank line is dropped, as the specification says. */
export async function* serverSentEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  let fields: { id?: string; event?: string; data?: string } = {};
  for await (const line of lines(body)) {
    if (line === '') {
      if (fields.data !== undefined) yield { ...fields, data: fields.data };
      fields = {};
      continue;
    }
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'data') fields.data = fields.data === undefined ? value : `${fields.data}\n${value}`;
    if (name === 'id' || name === 'event') fields[name] = value;
  }
}

async function* lines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of body) {
    const pieces = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = pieces.pop()!;
    for (const piece of pieces) yield piece.replace(/\r$/, '');
  }
}
