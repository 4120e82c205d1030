import { describe, expect, test } from '@jest/globals';
import { expectClose, goldenJson, goldenPath } from '@mediclip/testing';
import { goldenTensors } from '../testing/golden-tensors.js';
import { runImageTower, runTextTower } from '../testing/run-backbone.js';
import { openBiomedClip } from './biomedclip.js';

const golden = goldenTensors('biomedclip-tiny/expected.safetensors');
const { phrases, contextTokens, ids } = goldenJson<{ phrases: string[]; contextTokens: number; ids: number[][] }>(
  'biomedclip-tiny/expected.json',
);
const files = ['open_clip_model.safetensors', 'vocab.txt'];
const backbone = openBiomedClip(goldenPath('biomedclip-tiny'), { files, mean: [0, 0, 0], std: [1, 1, 1] }, 2);

describe("a small model built from timm's and transformers' own classes", () => {
  test('gives the same taps', async () => {
    const names = [1, 2, 3, 4];
    const taps = await runImageTower(backbone, golden('images'), names);
    for (const [index, { shape, data }] of taps.entries()) {
      const expected = golden(`tap${names[index]}`);
      expect(shape).toEqual(expected.shape);
      expectClose(data, expected.data, 1e-4);
    }
  });

  test('gives the same embeddings of prompts', async () => {
    const options = { contextTokens, position: 'end', attention: 'causal' } as const;
    const { endPositions, tokens } = backbone.layoutPrompts(phrases, options);
    expect(tokens).toBe(ids[0]!.length);
    expect(endPositions).toEqual(ids.map((row) => row.filter((id) => id !== 0).length - 1));
    const prompts = await runTextTower(backbone, phrases, golden('context').data, options);
    expectClose(prompts, golden('prompts').data, 1e-4);
  });
});
