import { expect, test } from '@jest/globals';
import { outliersNotes } from './outliers-notes.js';

const nameOf = (index: number) => `${index}.png`;

test('outliers are told in sentences that say what to do', () => {
  const other = (index: number) => ({ index, kind: 'other-kind' as const });
  expect(
    outliersNotes({ outliers: [other(3), { index: 5, kind: 'inverted' }], isMixed: false }, nameOf, false),
  ).toEqual([
    '3.png differs from the other normal images as a whole (another modality, view or quality): look at it, and have it left out (excludeOutliers) if it does not belong.',
    '5.png looks like a negative of the other normal images: look at it, and have it left out (excludeOutliers) if it does not belong.',
  ]);
  expect(outliersNotes({ outliers: [other(1), other(2)], isMixed: false }, nameOf, true)).toEqual([
    '1.png and 2.png were left out: they differ from the other normal images as a whole (another modality, view or quality).',
  ]);
  const [mixed] = outliersNotes({ outliers: [1, 2, 3, 4, 5, 6, 7].map(other), isMixed: true }, nameOf, false);
  expect(mixed).toBe(
    'The normal images are at least two kinds mixed: 1.png, 2.png, 3.png, 4.png, 5.png and 2 more differ from the rest as a whole. Adapt a model to each kind.',
  );
  expect(outliersNotes({ outliers: [], isMixed: false }, nameOf, false)).toEqual([]);
});
