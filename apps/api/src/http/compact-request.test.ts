import { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CompactRequest } from './compact-request.js';

const newRequest = () => new CompactRequest(new Socket());

test('a body of chunks of any size is read as it came, before and while it is read', async () => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constantFrom(0, 1023, 5000)), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat(60), async (lengths, readFrom) => {
      const request = newRequest();
      const chunks = lengths.map((length, index) => Buffer.alloc(length, index + 1));
      const read = async () => Buffer.concat((await request.toArray()) as Buffer[]);
      let body: Promise<Buffer> | undefined;
      for (const [index, chunk] of chunks.entries()) {
        if (index === readFrom) body = read();
        if (index % 7 === 0) await setImmediate();
        if (chunk.length > 0) request.push(chunk);
      }
      request.push(null);
      expect((await (body ?? read())).equals(Buffer.concat(chunks))).toBe(true);
    }),
  );
});

test('a body that waits in single bytes is in a few pieces, and its sender lets others have their turn', async () => {
  const request = newRequest();
  const byte = Buffer.from('x');
  let sentBytes = 1;
  while (request.push(byte)) sentBytes++;
  expect(sentBytes).toBeLessThanOrEqual(1024);
  // What a connection has read already comes all the same.
  for (; sentBytes < request.readableHighWaterMark; sentBytes++) request.push(byte);
  expect(request.push(byte)).toBe(false);
  let pieces = 0;
  let readBytes = 0;
  request.on('data', (piece: Buffer) => {
    pieces++;
    readBytes += piece.length;
  });
  request.push(null);
  await new Promise((resolve) => request.once('end', resolve));
  expect(readBytes).toBe(sentBytes + 1);
  expect(pieces).toBeLessThan(20);
});
