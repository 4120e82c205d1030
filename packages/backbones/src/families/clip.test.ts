import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { expectClose, goldenJson, temporaryFolder } from '@mediclip/testing';
import type { PhrasePosition } from '../prompts/layout-prompts.js';
import { goldenClipPaths } from '../testing/golden-clip.js';
import { goldenTensors } from '../testing/golden-tensors.js';
import { runImageTower, runTextTower, stateVector } from '../testing/run-backbone.js';
import { readSafetensorsFile } from '../weights/safetensors/read.js';
import type { NamedTensor } from '../weights/safetensors/tensor.js';
import { writeSafetensors } from '../weights/safetensors/write.js';
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

describe('weight files that hold something else', () => {
  const tensors = readSafetensorsFile(paths.openClip);
  const written = (change: (changed: Map<string, NamedTensor>) => void): string => {
    const changed = new Map(tensors);
    change(changed);
    const path = join(temporaryFolder(), 'model.safetensors');
    writeFileSync(path, writeSafetensors(changed));
    return path;
  };
  const zeros = (...shape: number[]): NamedTensor => ({
    dtype: 'F32',
    shape,
    data: new Float32Array(shape.reduce((product, extent) => product * extent, 1)),
  });
  const opening = (path: string) => () =>
    openClipBackbone({ weightsPath: path, activation: 'gelu', imageHeads: 4, textHeads: 4 });

  test.each<[string, (changed: Map<string, NamedTensor>) => void, RegExp]>([
    ['neither layout', (changed) => changed.delete('ln_final.weight'), /neither OpenCLIP's nor Hugging Face's names/],
    ['a missing tensor', (changed) => changed.delete('visual.ln_pre.bias'), /has no tensor "visual\.ln_pre\.bias"/],
    [
      'no image blocks',
      (changed) => {
        for (const name of changed.keys()) if (name.startsWith('visual.transformer')) changed.delete(name);
      },
      /has no tensors "visual\.transformer\.resblocks\.0\.…"/,
    ],
    [
      'a tensor of another shape',
      (changed) => changed.set('transformer.resblocks.1.mlp.c_proj.weight', zeros(32, 127)),
      /"transformer\.resblocks\.1\.mlp\.c_proj\.weight" is \[32, 127\] and should be \[32, 128\]/,
    ],
    [
      'too short a query, key and value matrix',
      (changed) => changed.set('visual.transformer.resblocks.0.attn.in_proj_weight', zeros(64, 64)),
      /is \[64, 64\] and should be \[192, 64\]/,
    ],
    [
      'positions of no square grid',
      (changed) => changed.set('visual.positional_embedding', zeros(16, 64)),
      /16 image positions, which is no square and a class token/,
    ],
    [
      'positions that are no matrix',
      (changed) => changed.set('positional_embedding', zeros(77)),
      /"positional_embedding" should be a matrix/,
    ],
    [
      'another vocabulary',
      (changed) => changed.set('token_embedding.weight', zeros(100, 32)),
      /"token_embedding\.weight" is \[100, 32\] and should be \[49408, 32\]/,
    ],
  ])('%s', (_, change, message) => {
    expect(opening(written(change))).toThrow(message);
  });

  test('a file that is no safetensors, and none at all', () => {
    const path = join(temporaryFolder(), 'model.safetensors');
    expect(opening(path)).toThrow(/^Cannot open the weight file/);
    writeFileSync(path, 'version https://git-lfs.github.com/spec/v1');
    expect(opening(path)).toThrow(/not safetensors/);
  });
});

describe('options that do not fit the weights', () => {
  test.each<[string, Partial<ClipOptions>, string]>([
    ['side', { side: 70 }, 'The input side must be a multiple of 16 pixels, not 70.'],
    ['heads', { imageHeads: 5 }, '5 attention heads do not divide the width 64'],
    ['taps', { taps: [2, 5] }, 'The image tower has no tap 5; choose from 1 to 4.'],
  ])('%s', (_, options, message) => {
    expect(() => open('openClip', 'gelu', options)).toThrow(message);
  });
});
