import { describe, expect, test } from '@jest/globals';
import { type Model, resolveAdaptationOptions } from '@mediclip/contracts';
import { intendedUse, misuse, modelCardFacts, renderModelCard } from './model-card.js';

const id = '0193f3a2-7c1e-7d3a-9b5f-2f1c8a6e4d10';
const digest = 'ab'.repeat(32);
const backbone = { name: 'EfficientNet-Lite0', licence: 'Apache-2.0' };
const model: Model = {
  id,
  name: 'brain | <b>',
  createdAt: '2026-03-14T09:26:53.589Z',
  configuration: { ...resolveAdaptationOptions({}), taps: [4, 10, 15] },
  lineage: {
    jobId: id,
    datasetId: id,
    datasetDigest: digest,
    imageIds: [id, id, id],
    backbone: 'lite',
    backboneDigest: 'cd'.repeat(32),
    seed: 7,
    device: 'cpu',
    precision: 'int8',
    versions: { mediclip: '0.1.0', node: '20.19.0' },
  },
  lossHistory: [
    { epoch: 1, loss: 1, focal: 0.5, dice: 0.5, heldOutLoss: 0.9 },
    { epoch: 2, loss: 0.8, focal: 0.4, dice: 0.4, heldOutLoss: 0.7 },
  ],
  selectedEpoch: 2,
  calibration: {
    alpha: 0.1,
    threshold: 0.42,
    mapThreshold: 0.55,
    images: 3,
    scores: [0.1, 0.2, 0.42],
    datasetId: id,
    datasetDigest: digest,
    jobId: id,
    createdAt: '2026-03-15T09:26:53.589Z',
  },
  sizeBytes: 1,
  digest: 'ef'.repeat(32),
};
const facts = (of: Model) => Object.fromEntries(modelCardFacts(of, backbone).map(({ name, value }) => [name, value]));

describe('the model card', () => {
  test('names normal images that were unlike the others, and what became of them', () => {
    const outliers = [{ imageId: id, kind: 'inverted' as const, excluded: true }];
    const card = facts({ ...model, lineage: { ...model.lineage, outliers } });
    expect(card['Normal images unlike the others']).toBe(`1, left out: ${id} (inverted greys)`);
    expect(facts(model)).not.toHaveProperty('Normal images unlike the others');
  });

  test('says what the model was made from, by what, and how well it did on what was held out', () => {
    expect(facts(model)).toMatchObject({
      'Licence of the weights': 'Apache-2.0',
      'Normal images adapted on': '3',
      Seed: '7',
      'Held-out figures': 'loss 0.700 on held-out synthetic anomalies (epoch 2 of 2)',
      Calibration: expect.stringContaining('0.42 are called abnormal, map values from 0.55 on are regions; alpha 0.1'),
      'Computed on': 'cpu, int8',
      Versions: 'mediclip 0.1.0, node 20.19.0',
    });
    const text = renderModelCard(model, backbone);
    for (const fact of [digest, model.lineage.backboneDigest, model.digest, 'alpha 0.1', intendedUse, misuse]) {
      expect(text).toContain(fact);
    }
  });

  test('says how the model sees greys deeper than 8 bits', () => {
    const name = 'Greys deeper than 8 bits';
    const window = { kind: 'window', centre: 48, width: 16, unit: 'HU' } as const;
    expect(facts({ ...model, intensity: window })[name]).toBe('by one window of centre 48 and width 16 HU');
    expect(facts(model)[name]).toContain("by the file's window");
  });

  test('says of a threshold set by hand that it has no guarantee', () => {
    const manualThreshold = { threshold: 0.3, setAt: '2026-03-16T09:26:53.589Z' };
    expect(renderModelCard({ ...model, manualThreshold }, backbone)).toContain(
      'set by hand, no guarantee: scores above 0.3 are called abnormal',
    );
  });

  test('says what is missing', () => {
    const bare = { ...model, calibration: null, lossHistory: [{ epoch: 2, loss: 1, focal: 1, dice: 0 }] };
    expect(facts(bare)).toMatchObject({ Calibration: 'none', 'Held-out figures': expect.stringMatching(/^none/) });
  });

  test('is a table whatever people named', () => {
    const rows = renderModelCard(model, backbone)
      .split('\n')
      .filter((row) => row.startsWith('|'));
    for (const row of rows) expect(row.replaceAll('\\|', '').match(/\|/g)).toHaveLength(3);
    expect(rows.join()).not.toMatch(/[^\\]<b/);
  });
});
