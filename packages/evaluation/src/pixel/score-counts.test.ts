import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { countKeys } from './score-counts.js';

const key = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
const list = fc.array(key, { maxLength: 50 }).map((keys) => Uint32Array.from(keys));

test.each([0, 1, 6, 15, 16, 24, 31])('keys are counted without their lowest %d bits, in ascending order', (bits) => {
  fc.assert(
    fc.property(fc.array(list, { maxLength: 4 }), (lists) => {
      const expected = new Map<number, number>();
      for (const each of lists.flatMap((keys) => [...keys])) {
        expected.set(each >>> bits, (expected.get(each >>> bits) ?? 0) + 1);
      }
      const { keys, counts } = countKeys(lists, bits);
      expect([...keys].map((each, row) => [each, counts[row]])).toEqual([...expected].sort(([a], [b]) => a - b));
    }),
    { numRuns: 50 },
  );
});
