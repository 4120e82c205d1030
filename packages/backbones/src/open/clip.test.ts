import { describe, expect, test } from '@jest/globals';
import { expectClose, goldenJson } from '@mediclip/testing';
import type { PhrasePosition } from '../prompts/layout-prompts.js';
import { goldenClipPaths } from '../testing/golden-clip.js';
import { goldenTensors } from '../testing/golden-tensors.js';
import { runImageTower, runTextTower, stateVector } from '../testing/run-backbone.js';
import { type ClipActivation, type ClipOptions, openClipBackbone } from './clip.js';

const paths = goldenClipPaths();
const layouts = ['openClip', 'huggingFace'] as const;
const activations: readonly ClipActivation[] = ['quickgelu', 'gelu'];

const open = (layout: (typeof layouts)[number], activation: ClipActivation, more: Partial<ClipOptions> = {}) =>
  openClipBackbone({ weightsPath: paths[layout], activation, imageHeads: 4, textHeads: 4, ...more });

describe('what is read from the weight file', () => {
  test.each(layouts)('widths, side and taps of the %s layout', (layout) => {
    const backbone = open(layout, 'quickgelu');
    expect(backbone).toMatchObject({ side: 64, embeddingWidth: 48, textWidth: 32, defaultTaps: [2, 3, 4] });
    expect(backbone.tapShape(4)).toEqual({ channels: 64, grid: 4 });
  });
});

describe('the image tower', () => {
  const golden = {
    64: goldenTensors('clip-tiny/vision.safetensors'),
    96: goldenTensors('clip-tiny/vision96.safetensors'),
  };
  const cases = layouts.flatMap((layout) =>
    activations.flatMap((activation) => ([64, 96] as const).map((side) => ({ layout, activation, side }))),
  );

  test.each(cases)(
    'gives the reference taps: $layout, $activation, $side pixels',
    async ({ layout, activation, side }) => {
      const backbone = open(layout, activation, { side });
      const taps = await runImageTower(backbone, golden[side]('images'), [2, 3, 4]);
      for (const [index, tap] of taps.entries()) {
        const expected = golden[side](`${activation}.necker${index + 2}`);
        expect(tap.shape).toEqual(expected.shape);
        expectClose(tap.data, expected.data, 1e-4);
      }
    },
  );
});

describe('the text tower', () => {
  const golden = goldenTensors('clip-tiny/text.safetensors');
  const { phrases } = goldenJson<{ phrases: Record<'normal' | 'abnormal', { phrase: string }[]> }>(
    'tokenizer/prompts.json',
  );
  const all = [...phrases.normal, ...phrases.abnormal].map(({ phrase }) => phrase);
  const [normals, contextTokens, width] = [phrases.normal.length, 8, 32];

  /** The golden context vectors of all phrases, [21, 8, 32]. */
  function contextVectors(owner: 'csc' | 'shared', position: PhrasePosition): Float32Array {
    const size = contextTokens * width;
    const context = new Float32Array(all.length * size);
    for (const [index] of all.entries()) {
      const normal = index < normals;
      const vectors = golden(`ctx.${owner}.${normal ? 'normal' : 'abnormal'}.${position}`).data;
      const from = owner === 'shared' ? 0 : (normal ? index : index - normals) * size;
      context.set(vectors.subarray(from, from + size), index * size);
    }
    return context;
  }

  const cases = layouts.flatMap((layout) =>
    (['causal', 'full'] as const).flatMap((attention) =>
      (['csc', 'shared'] as const).map((owner) => ({ layout, attention, owner })),
    ),
  );

  test.each(cases)(
    'gives the reference prompts and states: $layout, $attention, $owner',
    async ({ layout, attention, owner }) => {
      const backbone = open(layout, 'quickgelu');
      const summed = new Float32Array(all.length * 48);
      for (const position of ['front', 'middle', 'end'] as const) {
        const options = { contextTokens, position, attention };
        const prompts = await runTextTower(backbone, all, contextVectors(owner, position), options);
        const name = `${attention}.${owner}.${position}`;
        expectClose(prompts, golden(`${name}.prompts`).data, 1e-4);
        expectClose(states(prompts), golden(`${name}.states`).data, 1e-5);
        for (const [index, value] of prompts.entries()) summed[index]! += value;
      }
      expectClose(states(summed), golden(`${attention}.${owner}.front+middle+end.states`).data, 1e-5);
    },
  );

  test.each(['causal', 'full'] as const)('uses exact GELU where asked: %s', async (attention) => {
    const options = { contextTokens, position: 'end', attention } as const;
    const prompts = await runTextTower(open('openClip', 'gelu'), all, contextVectors('csc', 'end'), options);
    expectClose(prompts, golden(`${attention}.csc.end.gelu.prompts`).data, 1e-4);
  });

  function states(prompts: Float32Array): number[] {
    return [...stateVector(prompts, 48, 0, normals), ...stateVector(prompts, 48, normals, all.length)];
  }
});
