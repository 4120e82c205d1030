import { describe, expect, test } from '@jest/globals';
import { RandomStream } from '@mediclip/synthesis';
import { goldenJson } from '@mediclip/testing';
import fc from 'fast-check';
import { conformalPValue, conformalThreshold } from './conformal.js';
import { decisionOf } from './describe-score.js';

interface GoldenCase {
  readonly n: number;
  readonly alpha: number;
  readonly scores: readonly number[];
  readonly rank: number;
  readonly threshold: number | null;
  readonly test_scores: readonly number[];
  readonly p_values: readonly number[];
  readonly flagged: readonly boolean[];
}

const { cases } = goldenJson<{ cases: GoldenCase[] }>('metrics/conformal.json');

describe('split-conformal calibration', () => {
  test.each(cases)('n = $n, alpha = $alpha', (golden) => {
    const threshold = conformalThreshold(golden.scores, golden.alpha);
    expect(threshold.rank).toBe(golden.rank);
    expect(threshold.defined ? threshold.value : null).toBe(golden.threshold);
    expect(golden.test_scores.map((score) => conformalPValue(golden.scores, score))).toEqual(golden.p_values);
    expect(golden.test_scores.map((score) => threshold.defined && score > threshold.value)).toEqual(golden.flagged);
  });

  test('too few images are told how many are needed, and that number is enough and smallest', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 0.9, noNaN: true }), (alpha) => {
        const none = conformalThreshold([], alpha);
        if (none.defined) throw new Error('A threshold came from no images.');
        expect(none.reason).toContain(String(none.neededImages));
        const scores = Array.from({ length: none.neededImages }, (_, i) => i);
        expect(conformalThreshold(scores, alpha).defined).toBe(true);
        expect(conformalThreshold(scores.slice(1), alpha).defined).toBe(false);
      }),
    );
  });

  test('an image is flagged exactly when its p-value is at most alpha', () => {
    const scores = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 60 });
    const alpha = fc.oneof(fc.constantFrom(0.05, 0.1, 0.2, 0.25), fc.double({ min: 1e-6, max: 0.999, noNaN: true }));
    fc.assert(
      fc.property(scores, alpha, fc.integer({ min: -1, max: 21 }), (calibration, level, score) => {
        const threshold = conformalThreshold(calibration, level);
        const flagged = threshold.defined && score > threshold.value;
        expect(flagged).toBe(conformalPValue(calibration, score) <= level);
        if (!threshold.defined) return;
        const said = decisionOf(score, { calibration: { threshold: threshold.value, scores: calibration } });
        expect(said).toEqual({
          decision: flagged ? 'abnormal' : 'normal',
          thresholdSource: 'calibrated',
          pValue: conformalPValue(calibration, score),
        });
      }),
    );
  });

  test('flags at most alpha of new normal images, and not much less', () => {
    const [alpha, calibrationImages, trials] = [0.1, 39, 4000];
    let flagged = 0;
    for (let trial = 0; trial < trials; trial++) {
      const random = new RandomStream(5, trial, 0);
      const scores = Array.from({ length: calibrationImages }, () => random.exponential(1));
      const threshold = conformalThreshold(scores, alpha);
      if (threshold.defined && random.exponential(1) > threshold.value) flagged++;
    }
    // With (n + 1) alpha = 4 whole images the rate is exactly alpha; four standard errors are 0.019.
    expect(Math.abs(flagged / trials - alpha)).toBeLessThan(0.019);
  });

  test.each([0, 1, Number.NaN])('refuses alpha = %d', (alpha) => {
    expect(() => conformalThreshold([1, 2], alpha)).toThrow('alpha is');
  });

  test('refuses scores that are not finite', () => {
    expect(() => conformalThreshold([1, Number.NaN], 0.5)).toThrow('Score 1 is NaN');
    expect(() => conformalPValue([1], Number.POSITIVE_INFINITY)).toThrow('Score 0 is Infinity');
  });
});
