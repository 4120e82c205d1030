import { describe, expect, test } from '@jest/globals';
import { generatorOf } from '@mediclip/testing';
import { conformalPValue } from './conformal.js';
import { falseDiscoveryCutoff } from './false-discovery.js';

describe('flagging by a false discovery rate', () => {
  test('is what Benjamini and Hochberg give in their own example', () => {
    // Benjamini and Hochberg, 1995, section 4.1: four of fifteen hypotheses at 0.05.
    const pValues = [
      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1,
    ];
    expect(falseDiscoveryCutoff(pValues, 0.05)).toBe(0.0095);
    expect(falseDiscoveryCutoff(pValues.toReversed(), 0.05)).toBe(0.0095);
    expect(falseDiscoveryCutoff([0.9, 0.95], 0.05)).toBeUndefined();
    expect(falseDiscoveryCutoff([], 0.05)).toBeUndefined();
    expect(() => falseDiscoveryCutoff([0.5], 1)).toThrow(RangeError);
    expect(() => falseDiscoveryCutoff([Number.NaN], 0.1)).toThrow(RangeError);
  });

  test('keeps the share of normals among the flagged below the rate over 1,000 batches', () => {
    const random = generatorOf(7);
    const [rate, batches, calibrationImages] = [0.2, 1000, 200];
    const shares: number[] = [];
    const powers: number[] = [];
    for (let batch = 0; batch < batches; batch++) {
      const calibration = Array.from({ length: calibrationImages }, () => random.normal());
      const scores = Array.from({ length: 60 }, (_, i) => random.normal() + (i < 20 ? 3 : 0));
      const pValues = scores.map((score) => conformalPValue(calibration, score));
      const cutoff = falseDiscoveryCutoff(pValues, rate) ?? -1;
      const flagged = pValues.map((p) => p <= cutoff);
      const [found, all] = [flagged.slice(0, 20).filter(Boolean).length, flagged.filter(Boolean).length];
      shares.push(all === 0 ? 0 : (all - found) / all);
      powers.push(found / 20);
    }
    const mean = shares.reduce((sum, share) => sum + share, 0) / batches;
    const deviation = Math.sqrt(shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / (batches - 1));
    const power = powers.reduce((sum, share) => sum + share, 0) / batches;
    process.stdout.write(
      `false discovery rate ${rate}: ${mean.toFixed(3)} over ${batches} batches, power ${power.toFixed(3)}\n`,
    );
    expect(mean).toBeLessThanOrEqual(rate + (2 * deviation) / Math.sqrt(batches));
    expect(power).toBeGreaterThan(0.5);
  });
});
