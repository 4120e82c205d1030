import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { add, constant, gradients, input, mul, reduceSum, writeModel } from '@mediclip/onnx-graph';
import { goldenJson, openModel, temporaryFolder } from '@mediclip/testing';
import { goldenTensors } from '../testing/golden-tensors.js';
import { runImageTower, runTextTower, stateVector } from '../testing/run-backbone.js';
import { liteFolder, openLite } from './lite.js';

const golden = goldenTensors('lite/lite.safetensors');
const lite = openLite();

test('what it says of itself', () => {
  expect(lite).toMatchObject({ side: 224, embeddingWidth: 384, textWidth: 384, licence: 'Apache-2.0' });
  expect(lite.defaultTaps.map(lite.tapShape)).toEqual([
    { channels: 40, grid: 28 },
    { channels: 112, grid: 14 },
    { channels: 320, grid: 7 },
  ]);
  expect(lite.memoryTaps!.map(lite.tapShape)).toEqual([
    { channels: 48, grid: 28 },
    { channels: 120, grid: 14 },
  ]);
  expect(() => lite.tapShape(31)).toThrow('choose from 0 to 30');
});

describe('half-precision image towers against the published float32 weights', () => {
  const shape = [2, 3, 224, 224];
  const memory = goldenTensors('lite/memory.safetensors');
  let taps: { readonly data: Float32Array }[];
  beforeAll(async () => {
    const bytes = golden('images_uint8').data;
    const pixels = Float32Array.from({ length: bytes.length }, (_, i) => {
      const [image, channel, place] = [Math.floor(i / 150528), Math.floor(i / 50176) % 3, i % 50176];
      return (bytes[(image * 50176 + place) * 3 + channel]! / 255 - 0.498) / 0.502;
    });
    taps = await runImageTower(lite, { shape, data: pixels }, [30, 4, 10, 15, 22]);
  });

  test.each([
    ['tap4', 0.06, 1, golden('tap4')],
    ['tap10', 0.06, 2, golden('tap10')],
    ['tap15', 0.06, 3, golden('tap15')],
    ['block 6 of Lite2', 0.06, 4, memory('block6')],
    ['block 14 of Lite2', 0.08, 0, memory('block14')],
  ])(
    '%s is within 1 %% of its standard deviation on average, %d of it at worst',
    (_, worst, index, { data: expected }) => {
      const errors = expected.map((value, i) => value - taps[index]!.data[i]!);
      const deviation = standardDeviation(expected);
      expect(standardDeviation(errors) / deviation).toBeLessThan(0.01);
      expect(Math.max(...errors.map(Math.abs)) / deviation).toBeLessThan(worst);
    },
  );
});

describe('8-bit text tower against the published float32 weights', () => {
  const { phrases } = goldenJson<{ phrases: Record<State, { phrase: string }[]> }>('tokenizer/prompts.json');
  const options = { contextTokens: 8, position: 'end', attention: 'causal' } as const;

  test.each(['normal', 'abnormal'] as const)('prompts and state of %s point the same way', async (state) => {
    const names = phrases[state].map(({ phrase }) => phrase);
    const prompts = await runTextTower(lite, names, golden(`${state}_context`).data, options);
    const expected = golden(`${state}_prompt_embeddings`).data;
    for (const [index] of names.entries()) {
      const row = (of: Float32Array) => of.subarray(index * 384, (index + 1) * 384);
      expect(cosine(row(prompts), row(expected))).toBeGreaterThan(0.999);
    }
    expect(cosine(stateVector(prompts, 384, 0, names.length), golden(`${state}_state`).data)).toBeGreaterThan(0.9995);
  });

  test.each(['normal', 'abnormal'] as const)(
    'prompts of %s have their context and end where the reference has',
    (state) => {
      const { ids } = goldenJson<{ ids: Record<State, number[][]> }>('lite/lite.json');
      const layout = lite.layoutPrompts(
        phrases[state].map(({ phrase }) => phrase),
        options,
      );
      expect(layout.endPositions).toEqual(ids[state].map((row) => row.length - 1));
      expect(layout.contextPositions).toEqual(ids[state].map(() => [1, 2, 3, 4, 5, 6, 7, 8]));
    },
  );
});

test('the gradient of the text tower agrees with finite differences', async () => {
  const layout = lite.layoutPrompts(['clear', 'no findings'], {
    contextTokens: 4,
    position: 'front',
    attention: 'causal',
  });
  const shape = [2, layout.tokens, 384];
  const direction = Float32Array.from(layout.tokenEmbeddings, (_, i) => Math.sin(i) / 50);
  const [prompts, step] = [input('prompts', 'float32', shape), input('step', 'float32', [])];
  const moved = add(prompts, mul(step, constant(direction, shape)));
  const features = lite.textFeatures(moved, layout, 'causal');
  const weights = constant(
    Float32Array.from({ length: 2 * 384 }, (_, i) => Math.cos(7 * i)),
    [2, 384],
  );
  const value = reduceSum(mul(features, weights));
  const [gradient] = gradients(value, [step]);
  const model = writeModel({ name: 'text', inputs: [prompts, step], outputs: { value, gradient: gradient! } });
  const run = await openModel(model, { 'text.safetensors': readFileSync(lite.weights['text.safetensors']!) });
  const at = (length: number) =>
    run({
      prompts: { dtype: 'float32', shape, data: layout.tokenEmbeddings },
      step: { dtype: 'float32', shape: [], data: Float32Array.of(length) },
    });

  const [behind, here, ahead] = [await at(-0.02), await at(0), await at(0.02)];
  const slope = (ahead.value!.data[0]! - behind.value!.data[0]!) / 0.04;
  expect(Math.abs(slope)).toBeGreaterThan(0.1);
  expect(here.gradient!.data[0]! / slope).toBeCloseTo(1, 2);
});

describe('its weight files', () => {
  test('are refused when a byte has changed', () => {
    const folder = copyOfWeights();
    const damaged = readFileSync(join(folder, 'image.safetensors'));
    damaged[damaged.length - 1]! ^= 1;
    writeFileSync(join(folder, 'image.safetensors'), damaged);
    expect(() => openLite(folder)).toThrow(/image\.safetensors have been changed or damaged; fetch them again/);
  });

  test('are refused when the list of digests lacks one', () => {
    const folder = copyOfWeights();
    writeFileSync(join(folder, 'SHA256SUMS'), '');
    expect(() => openLite(folder)).toThrow(/no digest of image\.safetensors/);
  });

  function copyOfWeights(): string {
    const folder = temporaryFolder();
    for (const name of ['image.safetensors', 'memory.safetensors', 'text.safetensors', 'SHA256SUMS']) {
      copyFileSync(join(liteFolder, name), join(folder, name));
    }
    return folder;
  }
});

type State = 'normal' | 'abnormal';

function standardDeviation(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  return dot / (Math.hypot(...a) * Math.hypot(...b));
}
