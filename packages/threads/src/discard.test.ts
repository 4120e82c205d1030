import { expect, test } from '@jest/globals';
import { discard } from './discard.js';

const MiB = 2 ** 20;

test('what is discarded takes no memory, without a collection', () => {
  const before = process.memoryUsage().rss;
  for (let made = 0; made < 1000; made++) {
    const bytes = new Uint8Array(4 * MiB).fill(made);
    const numbers = new Float32Array(bytes.buffer);
    discard([bytes, numbers]);
    expect([bytes.length, numbers.length]).toEqual([0, 0]);
    discard([bytes]);
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * MiB);
});

test('what others may have a part of stays', () => {
  const whole = new Uint8Array(6).fill(1);
  const shared = new Uint8Array(new SharedArrayBuffer(3)).fill(1);
  discard([whole.subarray(2), whole.subarray(0, 5), shared]);
  expect([...whole, ...shared]).toEqual(Array(9).fill(1));
});
