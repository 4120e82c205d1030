import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { imageAuroc } from '../image/auroc.js';
import { imageMetrics } from '../image/image-metrics.js';
import { rankCorrelation } from './rank-correlation.js';

test("Spearman's rank correlation is that of scipy.stats.spearmanr, ties included", () => {
  expect(rankCorrelation([1, 2, 3, 4, 5], [5, 6, 7, 8, 7])).toBeCloseTo(0.8207826816681233, 12);
  expect(rankCorrelation([1, 2, 2, 3], [4, 3, 2, 1])).toBeCloseTo(-0.9486832980505138, 12);
  expect(rankCorrelation([1, 1, 1], [1, 2, 3])).toBe(0);
});

test('the AUROC alone is that of all figures', () => {
  const rows = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.boolean()), { maxLength: 30 });
  fc.assert(
    fc.property(rows, (images) => {
      const scores = images.map(([score]) => score);
      const abnormal = images.map(([, label]) => label);
      const [alone, among] = [imageAuroc(scores, abnormal), imageMetrics(scores, abnormal, { resamples: 2 }).auroc];
      expect(alone.defined).toBe(among.defined);
      if (alone.defined && among.defined) expect(alone.value).toBeCloseTo(among.value, 12);
      else expect(alone).toEqual(among);
    }),
    { numRuns: 30 },
  );
});
