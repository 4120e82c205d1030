import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ServerSentEvent, serverSentEvents } from './server-sent-events.js';

async function read(chunks: Uint8Array[]): Promise<ServerSentEvent[]> {
  const events: ServerSentEvent[] = [];
  for await (const event of serverSentEvents(ReadableStream.from(chunks))) events.push(event);
  return events;
}

const stream = [
  ': keep-alive\n\n',
  'id: 1\nevent: progress\ndata: {"phase":"Übung"}\n\n',
  'data: first line\r\ndata:second line\r\n\r\n',
  'id\ndata\n\n',
  'event: nothing without data\n\n',
  'data: cut off',
].join('');

const events = [
  { id: '1', event: 'progress', data: '{"phase":"Übung"}' },
  { data: 'first line\nsecond line' },
  { id: '', data: '' },
];

describe('server-sent events', () => {
  test('are read as the specification says', async () => {
    expect(await read([new TextEncoder().encode(stream)])).toEqual(events);
  });

  test('are the same wherever the network cuts the stream', async () => {
    const bytes = new TextEncoder().encode(stream);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 8 }), async (places) => {
        const cuts = [0, ...places.sort((a, b) => a - b), bytes.length];
        const chunks = cuts.slice(1).map((end, i) => bytes.subarray(cuts[i], end));
        expect(await read(chunks)).toEqual(events);
      }),
    );
  });
});
