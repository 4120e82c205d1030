import { Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { bodyChunks } from './body-chunks.js';
import { ClientGone } from './client-gone.js';
import { CompactRequest } from './compact-request.js';

test.each([true, false])('a client that hangs up before its body is read has gone; arrived: %s', async (arrived) => {
  const request = new CompactRequest(new Socket());
  request.push(Buffer.from('{}'));
  if (arrived) request.push(null);
  request.complete = arrived;
  request.destroy(new Error('aborted'));
  await expect(bodyChunks(request).next()).rejects.toThrow(ClientGone);
});

test('a body that was read in part stays open', async () => {
  const request = new CompactRequest(new Socket());
  request.push(Buffer.from('{}'));
  for await (const _ of bodyChunks(request)) break;
  expect(request.destroyed).toBe(false);
});
