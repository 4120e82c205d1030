import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { hashing, sha256Of } from './index.js';

const plain = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test('chunks pass as they are, and their size and digest are known at the end', async () => {
  const chunks = [Buffer.from('ab'), Buffer.alloc(0), Buffer.from('c')];
  const hashed = hashing(chunks);
  const passed: Uint8Array[] = [];
  for await (const chunk of hashed) passed.push(chunk);
  expect(passed).toEqual(chunks);
  expect(hashed.sizeBytes).toBe(3);
  expect(hashed.digest()).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('hashing many bytes lets the event loop go on', async () => {
  const bytes = new Uint8Array(40 * 1024 * 1024).fill(7);
  let turns = 0;
  let hashingGoesOn = true;
  const count = () => {
    turns++;
    if (hashingGoesOn) setImmediate(count);
  };
  setImmediate(count);
  expect(await sha256Of(bytes)).toBe(plain(bytes));
  hashingGoesOn = false;
  expect(turns).toBeGreaterThanOrEqual(9);
});
