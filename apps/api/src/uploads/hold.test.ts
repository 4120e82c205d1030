import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import { ByteBudget } from '@mediclip/threads';
import { hold } from './hold.js';

const folder = temporaryFolder();
const { signal } = new AbortController();
async function* chunks() {
  for (const byte of [1, 2, 3, 4]) yield new Uint8Array(10).fill(byte);
}
const all = Buffer.concat([1, 2, 3, 4].map((byte) => Buffer.alloc(10, byte)));

test.each([
  ['stays in memory, which is free again when its lease is given back', 40, 40, true],
  ['goes to the disk when it is larger than may stay', 39, 100, false],
  ['goes to the disk when the memory of the process is short', 100, 39, false],
])('a file %s', async (_what, heldBytes, processBytes, isHeld) => {
  const memory = new ByteBudget({ bytes: processBytes });
  const before = readdirSync(folder).length;
  const file = await hold(chunks(), {
    ...{ maximumBytes: 100, heldBytes, memory, signal },
    path: async () => path.join(folder, `file-${before}`),
  });
  expect([file.sizeBytes, 'bytes' in file]).toEqual([40, isHeld]);
  expect(Buffer.from('bytes' in file ? file.bytes : readFileSync(file.path))).toEqual(all);
  expect([readdirSync(folder).length - before, memory.takenBytes]).toEqual(isHeld ? [0, 40] : [1, 0]);
  if ('bytes' in file) file.lease.giveBack();
  expect(memory.takenBytes).toBe(0);
});
