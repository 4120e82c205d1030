import { describe, expect, test } from '@jest/globals';
import type { Label } from '@mediclip/contracts';
import { compareModels } from '../image/compare-models.js';
import { describeShadow, observeShadow, type ShadowedImage } from './shadow.js';

const [modelId, shadowModelId] = ['0193f3b0-1b2c-7a4d-8e6f-5a4b3c2d1e0f', '0193f3b0-1b2c-7a4d-8e6f-5a4b3c2d1e10'];
const pair = { modelId: modelId!, shadowModelId: shadowModelId! };
const alias = { name: 'production', modelId: modelId!, shadow: { modelId: shadowModelId!, share: 1 } };
const decide = (score: number): Label => (score > 0.5 ? 'abnormal' : 'normal');

function image(own: number, other: number, pixelDigest: string): ShadowedImage {
  return {
    atMs: 0,
    model: { score: own, decision: decide(own) },
    shadow: { score: other, decision: decide(other) },
    pixelDigest,
  };
}

const images = [
  image(0.1, 0.2, 'a'),
  image(0.6, 0.3, 'b'),
  image(0.4, 0.7, 'c'),
  image(0.9, 0.96, 'd'),
  image(0.55, 0.1, 'e'),
  image(1, 1, 'f'),
];
const record = observeShadow(undefined, pair, { scored: images, dropped: 2, failed: 1 });

describe('a model and its shadow', () => {
  test('are compared by their decisions, scores, and what people say of the pictures', () => {
    const verdicts = new Map<string, Label>([
      ['a', 'normal'],
      ['b', 'normal'],
      ['c', 'abnormal'],
      ['d', 'abnormal'],
      ['unseen', 'normal'],
    ]);
    const report = describeShadow(alias, record, verdicts);
    expect(report).toMatchObject({ images: 6, dropped: 2, failed: 1, agreement: { images: 6, share: 0.5 } });
    expect([report.scores.model[19], report.scores.shadow[19], report.scores.model[2]]).toEqual([1, 2, 1]);
    const judged = compareModels([0.2, 0.3, 0.7, 0.96], [0.1, 0.6, 0.4, 0.9], [false, false, true, true]);
    expect(report.comparison).toMatchObject({
      images: 4,
      auroc: { value: judged.aurocA.defined && judged.aurocA.value },
      baselineAuroc: { value: judged.aurocB.defined && judged.aurocB.value },
    });
    expect(describeShadow(alias, record, new Map()).comparison).toBeUndefined();
  });

  test('are remembered by the latest 2,048 images, and another pair begins anew', () => {
    let grown = record;
    for (let i = 0; i < 400; i++) grown = observeShadow(grown, pair, { scored: images, dropped: 0, failed: 0 });
    expect([grown.scored, grown.ring.length]).toEqual([6 + 400 * 6, 2048]);
    const other = { ...pair, modelId: shadowModelId! };
    expect(observeShadow(grown, other, { scored: [], dropped: 0, failed: 0 })).toMatchObject({ scored: 0, ring: [] });
    expect(describeShadow({ ...alias, modelId: shadowModelId! }, grown, new Map())).toMatchObject({ images: 0 });
  });
});
