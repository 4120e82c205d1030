import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { idWithin, isId, newId, timeOfId } from './ids.js';

const place = fc.record({ file: fc.nat(2 ** 20 - 1), frame: fc.nat(4095) });

test('ids within a request are ids of its time, in the order of their places, and the same when it is repeated', () => {
  const parent = newId();
  fc.assert(
    fc.property(place, place, fc.string(), fc.string(), (a, b, contentA, contentB) => {
      const [idA, idB] = [idWithin(parent, a, contentA), idWithin(parent, b, contentB)];
      expect(isId(idA)).toBe(true);
      expect(timeOfId(idA)).toBe(timeOfId(parent));
      expect(idWithin(parent, a, contentA)).toBe(idA);
      const order = a.file - b.file || a.frame - b.frame;
      if (order !== 0) expect(idA < idB).toBe(order < 0);
      else expect(idA === idB).toBe(contentA === contentB);
    }),
  );
});

test('another request or other content makes other ids', () => {
  const [one, other] = [newId(), newId()];
  const ids = [idWithin(one, { file: 0, frame: 0 }, 'a'), idWithin(other, { file: 0, frame: 0 }, 'a')];
  expect(new Set([...ids, idWithin(one, { file: 0, frame: 0 }, 'b')]).size).toBe(3);
});

test('places beyond the bits for them still make ids of their own', () => {
  const parent = newId();
  const ids = [0, 1, 2].map((more) => idWithin(parent, { file: 2 ** 21 + more, frame: 5000 + more }, 'a'));
  expect(new Set(ids).size).toBe(3);
  expect(ids.every(isId)).toBe(true);
});
