import { buffer } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { inMemory, zipStream } from './zip-stream.js';

const zipped = (time: string) => buffer(zipStream([inMemory('a', 'x')], new Date(time)));

test('an export has the nearest date that a zip can say', async () => {
  const [ancient, first] = [await zipped('0001-01-01T00:00:00Z'), await zipped('1980-01-02T00:00:00Z')];
  expect(ancient).toEqual(first);
  expect((await zipped('9999-12-31T23:59:59Z')).length).toBe(first.length);
  expect(await zipped('2026-03-14T09:26:53Z')).not.toEqual(first);
});
