import { expect, test } from '@jest/globals';
import { BufferGarbage, type Collection } from './buffer-garbage.js';

const MiB = 2 ** 20;

test('collects young objects each time that 8 MiB of buffers were made', () => {
  const collections: Collection[] = [];
  const garbage = new BufferGarbage(8 * MiB, (kind) => collections.push(kind));
  const each = [5, 2, 1, 7, 30, 9].map((mebibytes) => {
    garbage.made(mebibytes * MiB);
    return collections.splice(0).join();
  });
  expect(each).toEqual(['', '', 'minor', '', 'minor', 'minor']);
});

test('buffers that nobody uses do not gather', () => {
  const garbage = new BufferGarbage(8 * MiB);
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  for (let made = 0; made < 48; made++) {
    const buffer = new Float32Array(MiB / Float32Array.BYTES_PER_ELEMENT);
    garbage.made(buffer.byteLength);
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  expect(most).toBeLessThan(32 * MiB);
});
