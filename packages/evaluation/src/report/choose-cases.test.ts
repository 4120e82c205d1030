import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chooseCases } from './choose-cases.js';

test('shows the extremes of both classes', () => {
  const scores = [0.9, 0.1, 0.5, 0.2, 0.8, 0.3];
  const abnormal = [true, true, true, false, false, false];
  expect(chooseCases(scores, abnormal, 1)).toEqual([
    { group: 'missed', index: 1 },
    { group: 'falseAlarm', index: 4 },
    { group: 'found', index: 0 },
    { group: 'clear', index: 3 },
  ]);
});

test('shows no image twice, and every image where there are few', () => {
  const images = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.boolean()), { maxLength: 12 });
  fc.assert(
    fc.property(images, fc.integer({ min: 0, max: 4 }), (list, perGroup) => {
      const [scores, abnormal] = [list.map(([score]) => score), list.map(([, label]) => label)];
      const chosen = chooseCases(scores, abnormal, perGroup);
      expect(new Set(chosen.map(({ index }) => index)).size).toBe(chosen.length);
      const ofClass = (wanted: boolean) => abnormal.filter((label) => label === wanted).length;
      expect(chosen).toHaveLength(Math.min(2 * perGroup, ofClass(true)) + Math.min(2 * perGroup, ofClass(false)));
      for (const { group, index } of chosen) expect(abnormal[index]).toBe(group === 'missed' || group === 'found');
    }),
  );
});
