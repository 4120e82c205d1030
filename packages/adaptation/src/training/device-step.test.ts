import { expect, test } from '@jest/globals';
import { resolveAdaptationOptions } from '@mediclip/contracts';
import { expectClose, maximumDifference, temporaryFolder, testRuntime } from '@mediclip/testing';
import { initialParameters, parameterSpecs } from '../graphs/parameters.js';
import { SmallDevice } from '../testing/small-device.js';
import { openTinyClip } from '../testing/tiny-clip.js';
import { Tower } from '../tower/tower.js';
import { DeviceStep } from './device-step.js';
import { initialState } from './state.js';
import { Trainer } from './trainer.js';

const backbone = openTinyClip();
const taps = backbone.defaultTaps;
const { side } = backbone;
const options = { ...resolveAdaptationOptions(), taps, batchSize: 4, evaluationBatchSize: 4 };
const specs = parameterSpecs(backbone, taps, options);
/** One fewer than the batch takes. */
const batch = [1, 2, 3].map((seed) => ({
  image: Uint8Array.from({ length: side * side * 3 }, (_, index) => (index * (seed + 3)) % 256),
  mask: Float32Array.from({ length: side * side }, (_, index) => Number(index % (seed + 5) === 0)),
}));
const rates = { step: 1, learningRate: 1e-3, averaging: 0.5 };
const start = () => initialState(initialParameters(specs, 0));
const options32 = { precision: 'float32' } as const;

/** A device whose half precision never suffices. */
const overflowing = {
  provider: 'cuda',
  async createSession(model: Parameters<typeof testRuntime.createSession>[0]) {
    const session = await testRuntime.createSession(model);
    const overflow = { dtype: 'float32' as const, shape: [1], data: Float32Array.of(Number.NaN) };
    return {
      ...session,
      run: async (feeds: Parameters<typeof session.run>[0]) => ({ ...(await session.run(feeds)), overflow }),
    };
  },
};

test('a step of one session is that of tower, training and optimiser, padding and all', async () => {
  const fed = new Set<string>();
  const device = {
    ...testRuntime,
    provider: 'cuda',
    async createSession(model: Parameters<typeof testRuntime.createSession>[0]) {
      const session = await testRuntime.createSession(model);
      return {
        ...session,
        run(feeds: Parameters<typeof session.run>[0]) {
          for (const name of Object.keys(feeds)) fed.add(name);
          return session.run(feeds);
        },
      };
    },
  };
  const whole = new DeviceStep(new Tower(device, backbone, taps, options32), options);
  const stepped = (await whole.step(batch, start(), rates))!;
  await whole.release();
  expect([...fed].filter((name) => /^features|^grad/.test(name))).toEqual([]);

  const trainer = await Trainer.open(testRuntime, backbone, options, temporaryFolder());
  const features = await new Tower(testRuntime, backbone, taps).features(batch.map(({ image }) => image));
  const labelled = batch.map(({ mask }, index) => ({ mask, features: features[index]! }));
  const { loss, gradients } = await trainer.gradients(labelled, start().parameters);
  const expected = await trainer.update(start(), gradients, rates);
  await trainer.release();

  expectClose(Object.values(stepped.loss), Object.values(loss), 5e-6);
  for (const { name } of specs) {
    for (const part of ['m', 'v'] as const) {
      const reference = expected[part].get(name)!;
      const largest = reference.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(maximumDifference(stepped[part].get(name)!, reference)).toBeLessThan(1e-4 * largest);
    }
    expectClose(stepped.parameters.get(name)!, expected.parameters.get(name)!, 1e-4);
    expectClose(stepped.average.get(name)!, expected.average.get(name)!, 1e-4);
  }
});

test('once memory has run out it leaves steps to others', async () => {
  const device = new SmallDevice(2, 'cuda');
  const step = new DeviceStep(new Tower(device, backbone, taps, options32), options);
  expect(await step.step(batch, start(), rates)).toBeUndefined();
  expect(device.openBatches).toEqual([]);
  expect(await step.step(batch.slice(0, 1), start(), rates)).toBeUndefined();
});

test('features beyond half precision are told', async () => {
  const step = new DeviceStep(new Tower(overflowing, backbone, taps), options);
  await expect(step.step(batch, start(), rates)).rejects.toMatchObject({ code: 'half-precision-overflow' });
  await step.release();
});

test('another fault is told', async () => {
  const device = new SmallDevice(4, 'cuda');
  const step = new DeviceStep(new Tower(device, backbone, taps, options32), options);
  device.failNext(new Error('It broke.'));
  await expect(step.step(batch, start(), rates)).rejects.toThrow('It broke.');
  await step.release();
});
