import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Backbone } from '@mediclip/backbones';
import { resolveAdaptationOptions } from '@mediclip/contracts';
import { input, OutOfMemoryError, writeModel } from '@mediclip/onnx-graph';
import {
  expectClose,
  goldenJson,
  maximumDifference,
  quickRuntime,
  runModel,
  temporaryFolder,
  testRuntime,
} from '@mediclip/testing';
import { initialParameters, type Parameters, parameterSpecs } from '../graphs/parameters.js';
import type { BatchHalved } from '../halving.js';
import { SmallDevice } from '../testing/small-device.js';
import { goldenTensors, openTinyClip } from '../testing/tiny-clip.js';
import { readWeights } from '../weight-files.js';
import { initialState, type Loss } from './state.js';
import { type LabelledFeatures, type LabelledImages, Trainer, type TrainerOptions } from './trainer.js';

const taps = [2, 3, 4];
const side = 64;
const images = 3;

let backbone: Backbone;
let batch: LabelledFeatures[];

beforeAll(async () => {
  backbone = openTinyClip();
  batch = await goldenBatch();
});

/** The golden images' features and masks. */
async function goldenBatch(): Promise<LabelledFeatures[]> {
  const golden = goldenTensors('training/batch.safetensors');
  const pixels = input('pixels', 'float32', [images, 3, side, side]);
  const outputs = Object.fromEntries(backbone.imageFeatures(pixels, taps).map((tap, index) => [`tap${index}`, tap]));
  const features = await runModel(
    writeModel({ name: 'tower', inputs: [pixels], outputs }),
    { pixels: { dtype: 'float32', shape: pixels.shape, data: golden.get('images')! } },
    await readWeights(backbone.weights),
  );
  return Array.from({ length: images }, (_, image) => ({
    mask: part(golden.get('masks')!, image),
    features: taps.map((_, index) => part(features[`tap${index}`]!.data, image)),
  }));
}

const part = (data: Float32Array, image: number): Float32Array =>
  data.slice((image * data.length) / images, ((image + 1) * data.length) / images);

/** The whole of what `evaluate` does in parts. */
async function heldOutLoss(trainer: Trainer, labelled: LabelledImages, parameters: Parameters): Promise<Loss> {
  const parts = trainer.evaluate(labelled, parameters);
  for (;;) {
    const { done, value } = await parts.next();
    if (done) return value;
  }
}

interface GoldenCase {
  positions: ('front' | 'middle' | 'end')[];
  class_specific_context: boolean;
  variants: Record<string, { loss_per_step: [number, number, number][] }>;
}

describe.each([
  ['A', 'full'],
  ['A', 'causal'],
  ['B', 'full'],
  ['B', 'causal'],
] as const)("case %s with %s attention equals the authors' implementation", (name, promptAttention) => {
  const golden = goldenJson<GoldenCase>(`training/${name}.json`);
  const expected = goldenTensors(`training/${name}.${promptAttention}.safetensors`);
  const start: Parameters = goldenTensors(`training/${name}.init.safetensors`);
  const losses = golden.variants[promptAttention]!.loss_per_step;
  let trainer: Trainer;

  const { prompts, contextTokens } = resolveAdaptationOptions();
  const options: TrainerOptions = {
    prompts,
    contextTokens,
    promptAttention,
    classSpecificContext: golden.class_specific_context,
    phrasePositions: golden.positions,
    taps,
    batchSize: images,
    evaluationBatchSize: 2,
  };

  beforeAll(async () => {
    trainer = await Trainer.open(testRuntime, backbone, options, temporaryFolder());
  });

  test('has the same trained tensors', () => {
    expect(trainer.specs.map((spec) => spec.name).sort()).toEqual([...start.keys()].sort());
    for (const { name: tensor, shape } of trainer.specs) {
      expect(shape.reduce((a, b) => a * b)).toBe(start.get(tensor)!.length);
    }
  });

  test('gives the same states', async () => {
    expectClose(await trainer.states(start), expected.get('states')!, 1e-5);
  });

  test('gives the same losses and gradients', async () => {
    const { loss, gradients } = await trainer.gradients(batch, start);
    expectClose([loss.focal, loss.dice, loss.loss], losses[0]!, 5e-6);
    for (const [tensor, gradient] of gradients) {
      const reference = expected.get(`grad.${tensor}`)!;
      const largest = reference.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(maximumDifference(gradient, reference)).toBeLessThan(1e-4 * largest);
    }
  });

  test('evaluates to the same losses, in chunks that are not full', async () => {
    const { focal, dice, loss } = await heldOutLoss(
      trainer,
      { size: batch.length, get: async (index) => batch[index]! },
      start,
    );
    expectClose([focal, dice, loss], losses[0]!, 5e-6);
  });

  test('takes the same five Adam steps', async () => {
    let state: Pick<ReturnType<typeof initialState>, 'parameters' | 'm' | 'v' | 'average'> = initialState(start);
    for (let step = 1; step <= 5; step++) {
      const { loss, gradients } = await trainer.gradients(batch, state.parameters);
      expectClose([loss.focal, loss.dice, loss.loss], losses[step - 1]!, 2e-5);
      state = await trainer.update(state, gradients, { step, learningRate: 1e-3, averaging: 0 });
    }
    for (const [tensor, values] of state.parameters) {
      expectClose(values, expected.get(`final.${tensor}`)!, 1e-4);
      expectClose(state.average.get(tensor)!, values, 0);
    }
  });
});

describe('when memory runs out', () => {
  const options: TrainerOptions = {
    ...resolveAdaptationOptions(),
    taps,
    batchSize: images,
    evaluationBatchSize: images,
  };
  const start = () => initialParameters(parameterSpecs(backbone, taps, options), 0);
  const labelled = () => ({ size: images, get: async (index: number) => batch[index]! });

  test('loss and gradients come from parts of half the batch, and are the same', async () => {
    const whole = await Trainer.open(quickRuntime, backbone, options, temporaryFolder());
    const device = new SmallDevice(2, 'cpu', quickRuntime);
    const warnings: BatchHalved[] = [];
    const halved = await Trainer.open(device, backbone, options, temporaryFolder(), (warning) =>
      warnings.push(warning),
    );
    const expected = await whole.gradients(batch, start());
    for (const { loss, gradients } of [
      await halved.gradients(batch, start()),
      await halved.gradients(batch, start()),
    ]) {
      expectClose(Object.values(loss), Object.values(expected.loss), 5e-6);
      for (const [tensor, gradient] of gradients) {
        const reference = expected.gradients.get(tensor)!;
        const largest = reference.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        expect(maximumDifference(gradient, reference)).toBeLessThan(1e-4 * largest);
      }
    }
    expect(device.passed).toEqual([2, 2, 2, 2]);
    const held = await heldOutLoss(whole, labelled(), start());
    expectClose(Object.values(await heldOutLoss(halved, labelled(), start())), Object.values(held), 5e-6);
    expect(warnings).toEqual([
      { work: 'training step', backbone: backbone.id, batch: 2 },
      { work: 'held-out loss', backbone: backbone.id, batch: 2 },
    ]);
    await halved.release();
    expect(device.openBatches).toEqual([]);
  });

  test('a second time, the call fails', async () => {
    const trainer = await Trainer.open(new SmallDevice(1, 'cpu', quickRuntime), backbone, options, temporaryFolder());
    await expect(trainer.gradients(batch, start())).rejects.toBeInstanceOf(OutOfMemoryError);
    await expect(trainer.gradients(batch, start())).rejects.toBeInstanceOf(OutOfMemoryError);
    await expect(heldOutLoss(trainer, labelled(), start())).rejects.toBeInstanceOf(OutOfMemoryError);
  });
});
