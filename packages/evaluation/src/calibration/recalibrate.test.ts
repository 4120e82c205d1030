import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { conformalThreshold } from './conformal.js';
import { recalibrate } from './recalibrate.js';

const values = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 60 });
const rest = {
  images: 0,
  datasetId: '0193f3a2-7c1e-7d3a-9b5f-2f1c8a6e4d10',
  datasetDigest: 'ab'.repeat(32),
  jobId: '0193f3b0-1b2c-7a4d-8e6f-5a4b3c2d1e0f',
  createdAt: '2026-03-14T09:26:53.589Z',
};

describe('a calibration at another alpha', () => {
  test('has the thresholds that a new calibration on the same images gives', () => {
    fc.assert(
      fc.property(values, values, fc.double({ min: 0.001, max: 0.9, noNaN: true }), (scores, mapPeaks, alpha) => {
        const before = { ...rest, alpha: 0.5, threshold: 0.1, mapThreshold: 0.2, scores, mapPeaks };
        const made = recalibrate(before, alpha);
        const [ofScores, ofMaps] = [conformalThreshold(scores, alpha), conformalThreshold(mapPeaks, alpha)];
        expect(made.defined).toBe(ofScores.defined);
        if (!made.defined || !ofScores.defined) return;
        expect(made.calibration).toMatchObject({ alpha, threshold: ofScores.value });
        expect(made.calibration.mapThreshold).toBe(ofMaps.defined ? ofMaps.value : undefined);
      }),
    );
  });

  test('moves the threshold of logits with that of scores', () => {
    const scores = [0.2, 0.5, 1, 1];
    const scoreLogits = [-1, 0, 20, 30];
    const before = { ...rest, alpha: 0.2, threshold: 1, thresholdLogit: 30, scores, scoreLogits };
    const made = recalibrate(before, 0.4);
    expect(made.defined && made.calibration).toMatchObject({ threshold: 1, thresholdLogit: 20 });
  });

  test('says how many images it would need', () => {
    const made = recalibrate({ ...rest, alpha: 0.5, threshold: 0.2, scores: [0.1, 0.2] }, 0.05);
    expect(made).toMatchObject({ defined: false, neededImages: 19, normalImages: 2 });
  });

  test('of an earlier version keeps its map threshold at its own alpha only', () => {
    const before = { ...rest, alpha: 0.4, threshold: 0.2, mapThreshold: 0.3, scores: [0.1, 0.2, 0.3] };
    expect(recalibrate(before, 0.4)).toMatchObject({ calibration: { mapThreshold: 0.3 } });
    const other = recalibrate(before, 0.5);
    expect(other.defined && other.calibration.mapThreshold).toBeUndefined();
  });
});
