import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { BufferGarbage, type Collection, collectAll } from './buffer-garbage.js';

const MiB = 2 ** 20;

test.each([
  [undefined, ['', '', 'young', '', 'young', 'young']],
  [32 * MiB, ['', '', 'young', '', 'all', 'young']],
])('collects young objects after 8 MiB of buffers, and with %s all after so many', (all, expected) => {
  const collections: Collection[] = [];
  const garbage = new BufferGarbage({ young: 8 * MiB, ...(all && { all }) }, (kind) => collections.push(kind));
  const each = [5, 2, 1, 7, 30, 9].map((mebibytes) => {
    garbage.made(mebibytes * MiB);
    return collections.splice(0).join();
  });
  expect(each).toEqual(expected);
});

test('buffers that nobody uses do not gather', () => {
  const garbage = new BufferGarbage({ young: 8 * MiB });
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  for (let made = 0; made < 48; made++) {
    const buffer = new Float32Array(MiB / Float32Array.BYTES_PER_ELEMENT);
    garbage.made(buffer.byteLength);
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  expect(most).toBeLessThan(32 * MiB);
});

test('buffers that were used for long go with the whole heap', async () => {
  const garbage = new BufferGarbage({ young: 1, all: 10 });
  const usedForLong = () => {
    const buffers = Array.from({ length: 4 }, () => new Uint8Array(MiB));
    for (let made = 0; made < 3; made++) garbage.made(1);
    return buffers.map((buffer) => new WeakRef(buffer));
  };
  const references = usedForLong();
  // References keep what they are asked for until the turn ends.
  const left = async () => {
    await pause(0);
    return references.filter((reference) => reference.deref() !== undefined).length;
  };
  await pause(0);
  garbage.made(1);
  expect(await left()).toBe(4);
  await pause(0);
  garbage.made(10);
  expect(await left()).toBe(0);
});

test('all that nobody uses can be collected at once', async () => {
  const reference = (() => new WeakRef(new Uint8Array(MiB)))();
  await pause(0);
  collectAll();
  await pause(0);
  expect(reference.deref()).toBeUndefined();
});
