import { expect, test } from '@jest/globals';
import { chooseCases } from '@mediclip/evaluation';
import fc from 'fast-check';
import { ShownMaps } from './shown-maps.js';

test('the maps of all chosen cases are kept, and never more than a dozen', () => {
  const image = fc.record({ score: fc.integer({ min: 0, max: 6 }).map((n) => n / 6), abnormal: fc.boolean() });
  fc.assert(
    fc.property(fc.array(image, { maxLength: 60 }), (images) => {
      const maps = new ShownMaps();
      for (const [index, { score, abnormal }] of images.entries()) {
        maps.offer(index, abnormal, { score, map: Float32Array.of(index), mapSide: 1 });
        expect(maps.size).toBeLessThanOrEqual(12);
      }
      const chosen = chooseCases(
        images.map(({ score }) => score),
        images.map(({ abnormal }) => abnormal),
      );
      for (const { index } of chosen) expect(maps.of(index).map[0]).toBe(index);
    }),
  );
});
