import { describe, expect, test } from '@jest/globals';
import type { AnomalyMap } from '@mediclip/maps';
import { type DecisionRule, describeScore, foreignNote } from './describe-score.js';

const side = 8;

/** A map that is 0.1 but for a block of 2 x 3 values (rows x columns) from row 4 and column 2. */
function mapWithBlock(value: number): Float32Array {
  const map = new Float32Array(side * side).fill(0.1);
  for (const row of [4, 5]) map.fill(value, row * side + 2, row * side + 5);
  return map;
}

describe('the description of a score', () => {
  test('has regions in pixels of the image, whatever its aspect', () => {
    const { description, mapRegions } = describeScore(
      { score: 0.9, map: mapWithBlock(0.75), mapSide: side },
      { width: 80, height: 160 },
      { calibration: null },
    );
    const { regions, map, ...rest } = description;
    expect(rest).toEqual({ score: 0.9 });
    expect(mapRegions).toMatchObject([{ box: { x: 2, y: 4, width: 3, height: 2 } }]);
    expect(map).toEqual({ width: 8, height: 8, min: expect.closeTo(0.1, 6), max: 0.75 });
    expect(regions).toEqual([{ x: 20, y: 80, width: 30, height: 40, areaPixels: 1200, peak: 0.75 }]);
  });

  test('takes decision and p-value from the threshold of scores, and regions from that of maps', () => {
    const scored = { score: 0.35, map: mapWithBlock(0.4), mapSide: side };
    const describe = (calibration: DecisionRule['calibration'], manualThreshold?: DecisionRule['manualThreshold']) =>
      describeScore(scored, { width: 8, height: 8 }, { calibration, manualThreshold }).description;
    const scores = [0.1, 0.2, 0.3];
    expect(describe(null)).toMatchObject({ regions: [] });
    expect(describe({ threshold: 0.3, scores, mapThreshold: 0.4 })).toMatchObject({
      decision: 'abnormal',
      pValue: 0.25,
      regions: [{ x: 2, y: 4 }],
    });
    expect(describe({ threshold: 0.3, scores, mapThreshold: 0.45 })).toMatchObject({
      decision: 'abnormal',
      regions: [],
    });
    expect(describe({ threshold: 0.3, scores })).toMatchObject({ decision: 'abnormal', regions: [] });
    expect(describe({ threshold: 0.35, scores: [0.2, 0.35] })).toMatchObject({ decision: 'normal', pValue: 2 / 3 });
  });

  test('says whether the image is of the kind that the model knows, where the detector does', () => {
    const describe = (kinship: AnomalyMap['kinship']) =>
      describeScore(
        { score: 0.35, map: mapWithBlock(0.4), mapSide: side, kinship },
        { width: 8, height: 8 },
        { calibration: null },
      ).description;
    expect(describe({ share: 0.5 })).toMatchObject({ kinship: 0.5 });
    expect(describe({ share: 0.5 })).not.toHaveProperty('foreign');
    expect(describe({ share: 0, foreign: 'inverted' })).toMatchObject({ kinship: 0, foreign: 'inverted' });
    expect(foreignNote('inverted')).toContain('greys look inverted');
  });

  test('decides by a threshold set by hand before the calibrated one, and says so', () => {
    const scored = { score: 0.35, map: mapWithBlock(0.4), mapSide: side };
    const describe = (rule: DecisionRule) => describeScore(scored, { width: 8, height: 8 }, rule).description;
    const calibration = { threshold: 0.3, scores: [0.1, 0.2, 0.3] };
    expect(describe({ calibration })).toMatchObject({ decision: 'abnormal', thresholdSource: 'calibrated' });
    const manual = describe({ calibration, manualThreshold: { threshold: 0.4 } });
    expect(manual).toMatchObject({ decision: 'normal', thresholdSource: 'manual', pValue: 0.25 });
    const alone = describe({ calibration: null, manualThreshold: { threshold: 0.3 } });
    expect(alone).toMatchObject({ decision: 'abnormal', thresholdSource: 'manual' });
    expect(alone.pValue).toBeUndefined();
  });

  test('goes by logits where scores have become 1, and by scores where one side has no logits', () => {
    const calibration = { threshold: 1, scores: [1, 1, 1], thresholdLogit: 40, scoreLogits: [20, 30, 40] };
    const describe = (logit?: number, known: DecisionRule['calibration'] = calibration) =>
      describeScore(
        { score: 1, logit, map: mapWithBlock(1), mapSide: side },
        { width: 8, height: 8 },
        { calibration: known },
      ).description;
    expect(describe(35)).toMatchObject({ scoreLogit: 35, decision: 'normal', pValue: 0.5 });
    expect(describe(40)).toMatchObject({ decision: 'normal', pValue: 0.5 });
    expect(describe(41)).toMatchObject({ decision: 'abnormal', pValue: 0.25 });
    expect(describe()).toMatchObject({ decision: 'normal', pValue: 1 });
    expect(describe(41, { threshold: 1, scores: [1, 1, 1] })).toMatchObject({ decision: 'normal', pValue: 1 });
  });
});
