import { cpSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type AdaptationOptionsInput, resolveAdaptationOptions } from '@mediclip/contracts';
import type { Runtime, Session, Tensor } from '@mediclip/onnx-graph';
import { type NormalImage, RandomStream, synthesize } from '@mediclip/synthesis';
import { askOnnxChecker, expectClose, quickRuntime, temporaryFolder } from '@mediclip/testing';
import fc from 'fast-check';
import { detectorFileNames, readDetector } from '../detector/detector-files.js';
import { exportedModelName, writeExportedModel } from '../detector/export.js';
import { SmallDevice } from '../testing/small-device.js';
import { openTinyClip } from '../testing/tiny-clip.js';
import { Tower } from '../tower/tower.js';
import { AdaptationRun } from './adaptation-run.js';
import type { AdaptationJob } from './job.js';
import { chooseShots, planStep, type SampleSource, stepsPerEpoch } from './plan.js';
import type { AdaptationProgress } from './run-in-parts.js';
import { artifactNames } from './trainer.js';

const side = 64;
const shots = 5;

let tower: Tower;
/** A training with the options of `job()` that nothing disturbs, and its progress at the end. */
let undisturbed: AdaptationJob;
let progressAtEnd: AdaptationProgress;

beforeAll(async () => {
  const backbone = openTinyClip();
  tower = new Tower(quickRuntime, backbone, backbone.defaultTaps);
  undisturbed = job();
  const run = await AdaptationRun.open(undisturbed, tower, samples);
  await finish(run);
  progressAtEnd = run.progress;
});

const images: NormalImage[] = Array.from({ length: shots }, (_, index) => ({
  width: side,
  height: side,
  data: Uint8Array.from({ length: side * side }, (_, pixel) => (pixel * (index + 3)) % 256),
}));

function job(training: AdaptationOptionsInput['training'] = {}): AdaptationJob {
  const folder = temporaryFolder();
  return {
    options: resolveAdaptationOptions({
      shots,
      training: { epochs: 3, batchSize: 2, heldOutSamples: 3, checkpointEverySteps: 2, ...training },
    }),
    images,
    workFolder: path.join(folder, 'work'),
    outFolder: path.join(folder, 'out'),
  };
}

const { synthesis } = resolveAdaptationOptions();

/** Draws in this thread. */
const samples: SampleSource = {
  async draw(requests) {
    return requests.map(({ image, seed, step, sample, purpose }) =>
      synthesize(images[image]!, images, new RandomStream(seed, step, sample, purpose), synthesis),
    );
  },
};

/** A device whose outputs are changed after every run. */
function tampering(change: (outputs: Record<string, Tensor>) => void): Runtime {
  return {
    provider: 'cpu',
    async createSession(model) {
      const session = await quickRuntime.createSession(model);
      const run: Session['run'] = async (feeds, fetches) => {
        const outputs = { ...(await session.run(feeds, fetches)) };
        change(outputs);
        return outputs;
      };
      return { run, release: () => session.release() };
    },
  };
}

async function finish(run: AdaptationRun): Promise<void> {
  while (!(await run.advance()));
  await run.release();
}

const files = ({ outFolder }: AdaptationJob) =>
  detectorFileNames.map((name) => readFileSync(path.join(outFolder, name)).toString('base64'));

describe('a training', () => {
  test('ends with a detector that knows its history', async () => {
    const { description } = await readDetector(undisturbed.outFolder);
    expect(progressAtEnd).toMatchObject({ phase: 'finishing', done: shots, total: shots });
    expect(description).toMatchObject({ taps: [2, 3, 4], side, images: { count: shots } });
    expect(description.lossHistory.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    for (const { loss, focal, dice, heldOutLoss } of description.lossHistory) {
      expect(loss).toBeCloseTo(focal + dice, 5);
      expect(heldOutLoss).toBeGreaterThan(0);
    }
  });

  const check = askOnnxChecker();
  (check ? test : test.skip)('writes artifacts and a detector that onnx.checker accepts', async () => {
    const { workFolder, outFolder } = undisturbed;
    await writeExportedModel(outFolder, await readDetector(outFolder), tower.backbone);
    // The checker takes hard-linked weights for an attack, so it is given copies of the artifacts and their weights.
    const copies = temporaryFolder();
    cpSync(path.join(workFolder, 'training'), copies, { recursive: true });
    const artifacts = [artifactNames.training, artifactNames.optimizer, artifactNames.eval];
    const models = artifacts.map((name) => path.join(copies, name));
    expect(check!([...models, path.join(outFolder, exportedModelName)])).toBeUndefined();
  });

  test('that is stopped anywhere and goes on ends with the same bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 3 }), async (stops) => {
        const disturbed = job();
        for (const parts of stops) {
          const run = await AdaptationRun.open(disturbed, tower, samples);
          for (let part = 0; part < parts && !(await run.advance()); part++);
          await run.release();
        }
        await finish(await AdaptationRun.open(disturbed, tower, samples));
        expect(files(disturbed)).toEqual(files(undisturbed));
      }),
      { numRuns: 3 },
    );
  });

  test('with two threads, which share a step, ends with the same bytes wherever it is stopped', async () => {
    const lanes = [new SmallDevice(8, 'cpu', quickRuntime), new SmallDevice(8, 'cpu', quickRuntime)] as const;
    const runtime: Runtime = { provider: 'cpu', lanes, createSession: (model) => quickRuntime.createSession(model) };
    const shared = new Tower(runtime, tower.backbone, tower.taps);
    const whole = job();
    await finish(await AdaptationRun.open(whole, shared, samples));
    expect(lanes[1].openBatches).toEqual([1]);
    const [, ofShared] = (await readDetector(whole.outFolder)).tensors.values();
    const [, ofOne] = (await readDetector(undisturbed.outFolder)).tensors.values();
    expectClose(ofShared!, ofOne!, 1e-4);
    const stopped = job();
    for (const parts of [9, 14, 31]) {
      const run = await AdaptationRun.open(stopped, shared, samples);
      for (let part = 0; part < parts && !(await run.advance()); part++);
      await run.release();
    }
    await finish(await AdaptationRun.open(stopped, shared, samples));
    expect(files(stopped)).toEqual(files(whole));
    await shared.release();
    expect(lanes.map(({ sessions }) => sessions)).toEqual([0, 0]);
  });

  test('with two threads has samples of two steps pass beside the gradients of a third, then lets others work', async () => {
    let finishGradients = () => {};
    const gradients = new Promise<void>((resolve) => {
      finishGradients = resolve;
    });
    const passing = new SmallDevice(8, 'cpu', quickRuntime);
    let passedBefore: number | undefined;
    const training: Runtime = {
      provider: 'cpu',
      async createSession(model) {
        const session = await quickRuntime.createSession(model);
        const run: Session['run'] = async (feeds, fetches) => {
          if (feeds.masks) {
            passedBefore ??= passing.passed.length;
            await gradients;
          }
          return session.run(feeds, fetches);
        };
        return { run, release: () => session.release() };
      },
    };
    const lanes = [passing, training];
    const runtime: Runtime = { provider: 'cpu', lanes, createSession: (model) => quickRuntime.createSession(model) };
    const shared = new Tower(runtime, tower.backbone, tower.taps);
    const given = job();
    const run = await AdaptationRun.open(given, shared, samples);
    while (!run.waitsFor) await run.advance();
    const { options } = given;
    const plan = { seed: options.seed, shots, batchSize: options.training.batchSize };
    const drawn = await samples.draw([...planStep(plan, 1), ...planStep(plan, 2)]);
    const changed = drawn.filter(({ task }) => task !== 'identity');
    expect(passing.passed.length - passedBefore!).toBe(changed.length);
    finishGradients();
    await run.waitsFor;
    await finish(run);
    await shared.release();
  });

  test('keeps a memory of the normals, unless the options want none or there is a single normal', async () => {
    const { description, tensors } = await readDetector(undisturbed.outFolder);
    const grid = 4;
    const placements = 1 + 4;
    expect(description.memory).toEqual({ taps: [2, 3], patches: shots * placements * grid * grid });
    const [learnedDeviation, memoryMean, memoryDeviation] = tensors.get('memory.scales')!;
    expect(learnedDeviation).toBeGreaterThan(0);
    expect(memoryMean).toBeGreaterThan(0);
    expect(memoryDeviation).toBeGreaterThan(0);

    const single = { ...job({ epochs: 1 }), images: images.slice(0, 1) };
    await finish(await AdaptationRun.open(single, tower, samples));
    expect((await readDetector(single.outFolder)).description.memory).toBeUndefined();
  });

  test('goes on in half batches where memory does not suffice for whole ones', async () => {
    const [roomy, cramped] = [job({ epochs: 1, heldOutSamples: 2 }), job({ epochs: 1, heldOutSamples: 2 })];
    await finish(await AdaptationRun.open(roomy, tower, samples));
    const halved: string[] = [];
    const small = new Tower(new SmallDevice(1, 'cpu', quickRuntime), tower.backbone, tower.taps, {
      onBatchHalved: ({ work }) => halved.push(work),
    });
    await finish(await AdaptationRun.open(cramped, small, samples));
    expect(halved.sort()).toEqual(['held-out loss', 'image tower', 'training step']);
    const losses = async ({ outFolder }: AdaptationJob) =>
      (await readDetector(outFolder)).description.lossHistory.flatMap(({ loss, heldOutLoss }) => [loss, heldOutLoss!]);
    expectClose(await losses(cramped), await losses(roomy), 1e-4);
  });

  test('selects the epoch with the lowest held-out loss, or the last', async () => {
    const heldOut = job({ selection: 'heldOut' });
    await finish(await AdaptationRun.open(heldOut, tower, samples));
    const { lossHistory, selectedEpoch } = (await readDetector(heldOut.outFolder)).description;
    const lowest = Math.min(...lossHistory.map(({ heldOutLoss }) => heldOutLoss!));
    expect(lossHistory[selectedEpoch - 1]!.heldOutLoss).toBe(lowest);

    const last = job({ selection: 'last', heldOutSamples: 0 });
    await finish(await AdaptationRun.open(last, tower, samples));
    expect((await readDetector(last.outFolder)).description.selectedEpoch).toBe(3);
  });

  test('does not go on from the checkpoint of other options', async () => {
    const first = job();
    const run = await AdaptationRun.open(first, tower, samples);
    await run.checkpoint();
    await run.release();
    const other = { ...job({ learningRate: 0.01 }), workFolder: first.workFolder };
    await expect(AdaptationRun.open(other, tower, samples)).rejects.toMatchObject({ code: 'checkpoint-mismatch' });
  });

  test('starts again where the tower has another precision than that of the checkpoint', async () => {
    const onGpu = new Tower({ ...quickRuntime, provider: 'cuda' }, tower.backbone, tower.taps);
    const moved = job();
    const firstStepOn = async (device: Tower) => {
      const run = await AdaptationRun.open(moved, device, samples);
      while (run.progress.phase !== 'training') await run.advance();
      await run.checkpoint();
      await run.release();
      return run.progress.done;
    };
    expect([await firstStepOn(onGpu), await firstStepOn(onGpu), await firstStepOn(tower)]).toEqual([1, 2, 1]);
  });

  describe('on a device that is far from the process', () => {
    const options = { precision: 'float32' } as const;
    const deviceTower = (runtime: Runtime) => new Tower(runtime, tower.backbone, tower.taps, options);

    test('is that of the processor, and goes on after a stop to the same bytes', async () => {
      const device = deviceTower({ ...quickRuntime, provider: 'cuda' });
      const [whole, disturbed] = [job(), job()];
      await finish(await AdaptationRun.open(whole, device, samples));
      const run = await AdaptationRun.open(disturbed, device, samples);
      while (run.progress.phase !== 'training' || run.progress.done < 3) await run.advance();
      await run.release();
      await finish(await AdaptationRun.open(disturbed, device, samples));
      expect(files(disturbed)).toEqual(files(whole));
      const history = async (work: AdaptationJob) =>
        (await readDetector(work.outFolder)).description.lossHistory.map(({ loss }) => loss);
      expectClose(await history(whole), await history(undisturbed), 1e-4);
    });

    test('goes on in the sessions of the artifacts when memory runs out', async () => {
      const work = job({ heldOutSamples: 2 });
      const device = new SmallDevice(1, 'cuda', quickRuntime);
      await finish(await AdaptationRun.open(work, deviceTower(device), samples));
      expect((await readDetector(work.outFolder)).description.lossHistory).toHaveLength(3);
      expect(device.openBatches.filter((batch) => batch > 1)).toEqual([]);
    });
  });

  test('says when it diverges', async () => {
    const run = await AdaptationRun.open(job({ learningRate: 1, epochs: 200 }), tower, {
      draw: async (requests) =>
        (await samples.draw(requests)).map((sample) => ({ ...sample, mask: sample.mask.fill(Number.NaN) })),
    });
    await expect(finish(run)).rejects.toMatchObject({ code: 'diverged' });
    await run.release();
  });

  test('that is released in any part leaves no session open but those of its tower', async () => {
    const device = new SmallDevice(16, 'cpu', quickRuntime);
    const cancelled = job({ epochs: 1 });
    const run = await AdaptationRun.open(cancelled, new Tower(device, tower.backbone, tower.taps), samples);
    while (run.progress.phase !== 'finishing') await run.advance();
    const whileFinishing = device.sessions;
    await run.release();
    expect(run.progress.done).toBeLessThan(shots);
    // The tower's own, of which those for fewer images were needed too.
    expect(device.sessions).toBeLessThan(whileFinishing);
    expect(device.sessions).toBe(device.openBatches.length);
    expect(device.openBatches).toEqual([...new Set(device.openBatches)]);
  });

  test('is not written when its last update has spoilt its numbers', async () => {
    const spoilt = job({ selection: 'last', heldOutSamples: 0, epochs: 1, batchSize: 16 });
    const device = tampering((outputs) => {
      const [name] = Object.keys(outputs).filter((output) => output.startsWith('new.average.'));
      if (name) (outputs[name]!.data as Float32Array)[0] = Number.NaN;
    });
    const run = await AdaptationRun.open(spoilt, new Tower(device, tower.backbone, tower.taps), samples);
    await expect(finish(run)).rejects.toMatchObject({ code: 'diverged' });
    await run.release();
    expect(existsSync(spoilt.outFolder)).toBe(false);
  });

  test('never selects an epoch whose held-out loss is not a number, and fails when that is every one', async () => {
    const withUnknownLosses = async (unknown: number) => {
      let evaluated = 0;
      const device = tampering((outputs) => {
        const isHeldOutLoss = 'dice' in outputs && !Object.keys(outputs).some((name) => name.startsWith('grad.'));
        if (isHeldOutLoss && evaluated++ < unknown) (outputs.dice!.data as Float32Array)[0] = Number.NaN;
      });
      const work = job({ selection: 'heldOut', learningRate: 1e-6 });
      const run = await AdaptationRun.open(work, new Tower(device, tower.backbone, tower.taps), samples);
      await finish(run).catch(async (error: unknown) => {
        await run.release();
        throw error;
      });
      return (await readDetector(work.outFolder)).description.selectedEpoch;
    };
    expect(await withUnknownLosses(1)).toBeGreaterThan(1);
    await expect(withUnknownLosses(3)).rejects.toMatchObject({ code: 'diverged' });
  });

  test('refuses images of another size', async () => {
    const small = { width: 32, height: 32, data: new Uint8Array(32 * 32) };
    await expect(AdaptationRun.open({ ...job(), images: [small] }, tower, samples)).rejects.toThrow('resize it');
  });
});

describe('the plan', () => {
  test('visits every normal once an epoch, in batches of which only the last is partial', () => {
    fc.assert(
      fc.property(
        fc.record({
          seed: fc.nat(),
          shots: fc.integer({ min: 1, max: 40 }),
          batchSize: fc.integer({ min: 1, max: 16 }),
        }),
        fc.nat(5),
        (options, epoch) => {
          const perEpoch = stepsPerEpoch(options);
          const steps = Array.from({ length: perEpoch }, (_, index) => planStep(options, epoch * perEpoch + index));
          expect(steps.flatMap((step) => step.map(({ image }) => image)).sort((a, b) => a - b)).toEqual([
            ...Array(options.shots).keys(),
          ]);
          expect(steps.slice(0, -1).every((step) => step.length === options.batchSize)).toBe(true);
        },
      ),
    );
  });

  test('chooses different shots for different seeds, and says when there are too few', () => {
    expect(chooseShots(32, 16, 0)).not.toEqual(chooseShots(32, 16, 1));
    expect(new Set(chooseShots(32, 16, 7)).size).toBe(16);
    expect(() => chooseShots(12, 16, 0)).toThrow('add images or lower the shots');
    expect(() => chooseShots(0, 16, 0)).toThrow('no normal training images');
  });
});
