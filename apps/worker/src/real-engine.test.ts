import { fork } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type DriftRecord, type JobOf, resolveAdaptationOptions } from '@mediclip/contracts';
import { Engine } from '@mediclip/engine';
import { isDriftAlarm, observeDrift } from '@mediclip/evaluation';
import { readNpy } from '@mediclip/maps';
import { generatorOf, until } from '@mediclip/testing';
import { TestService, type TestWorker } from './testing/test-service.js';

let service: TestService;

/** One phrase a state: the text tower takes most of a step. */
const prompts = { normal: ['healthy brain'], abnormal: ['brain with a lesion'] };

const options = {
  shots: 2,
  prompts,
  training: { epochs: 3, batchSize: 2, heldOutSamples: 1, checkpointEverySteps: 1 },
};

const workerProcess = new URL('../dist/testing/worker-process.js', import.meta.url);

/** Memory for one image. */
const smallDevice = new URL('../../../packages/engine/dist/testing/small-device-compute.js', import.meta.url);

const startEngine = () => Engine.start({ device: 'cpu', threads: 1, synthesisThreads: 1 });

const side = 224;

type Random = ReturnType<typeof generatorOf>;

/** A picture whose pixel at a place is that at another place of `scan`, both RGB and [side, side, 3]. */
function placed(scan: Uint8Array, from: (x: number, y: number) => readonly [x: number, y: number]): Uint8Array {
  const inside = (value: number) => Math.max(0, Math.min(side - 1, Math.round(value)));
  return Uint8Array.from({ length: scan.length }, (_, i) => {
    const pixel = Math.floor(i / 3);
    const [x, y] = from(pixel % side, Math.floor(pixel / side));
    return scan[3 * (inside(y) * side + inside(x)) + (i % 3)]!;
  });
}

/** As another scan of the same kind: moved by a few pixels, and a little brighter or darker. */
function moved(scan: Uint8Array, { uniform }: Random): Uint8Array {
  const [dx, dy, gain] = [12 * uniform() - 6, 12 * uniform() - 6, 0.95 + 0.1 * uniform()];
  return placed(scan, (x, y) => [x + dx, y + dy]).map((value) => Math.min(255, gain * value));
}

/** The middle four fifths of each side. */
const cropped = (scan: Uint8Array) => placed(scan, (x, y) => [0.1 * side + 0.8 * x, 0.1 * side + 0.8 * y]);

/** Grey noise with a deviation of 12. */
function noisy(scan: Uint8Array, { normal }: Random): Uint8Array {
  const noise = Float32Array.from({ length: side * side }, () => 12 * normal());
  return scan.map((value, i) => Math.max(0, Math.min(255, value + noise[Math.floor(i / 3)]!)));
}

beforeAll(async () => {
  service = await TestService.start();
});

afterAll(() => service.stop());

async function adapted(jobId: string) {
  const job = (await service.ended(jobId)) as JobOf<'adaptation'>;
  expect(job.error).toBeUndefined();
  return service.tenant.models.get(job.result!.modelId);
}

describe('with the real engine', () => {
  let worker: TestWorker<Engine>;

  test('an adaptation whose worker is killed, and then the engine of the next one, makes the bytes of an undisturbed one', async () => {
    const datasetId = await service.dataset({ train: 3 });
    const request = { datasetId, options: resolveAdaptationOptions(options) };
    const { job } = await service.tenant.jobs.create({ kind: 'adaptation', request });
    const killed = fork(workerProcess, [service.storeUrl, service.workFolder]);
    await until(async () => (await service.tenant.jobs.get(job.id)).scratch.checkpoint);
    killed.kill('SIGKILL');

    worker = await service.startWorkerOn(await startEngine());
    await service.when(job.id, ({ progress, attempt }) => attempt === 2 && progress?.phase === 'preparing');
    process.kill(worker.engine.state.pid!, 'SIGKILL');
    const model = await adapted(job.id);
    const undisturbed = await adapted(await service.adapt(worker.jobQueue, datasetId, options));
    expect(worker.engine.state.restarts).toBe(1);
    expect(model.digest).toBe(undisturbed.digest);
    expect(model.lossHistory).toHaveLength(3);
    expect(model.lineage.imageIds).toEqual(undisturbed.lineage.imageIds);
    expect(model.lineage).toMatchObject({
      device: 'cpu',
      precision: 'float32',
      versions: { onnxruntime: expect.stringMatching(/^\d+\.\d+/) },
    });
  });

  test('a scoring and a caller who waits get the same map, and an evaluation has its figures', async () => {
    const { items } = await service.tenant.models.list({ limit: 1 });
    const modelId = items[0]!.id;
    const datasetId = await service.dataset({ normal: 2, abnormal: 2 });
    const scoring = await service.ended(
      await service.submit(worker.jobQueue, { kind: 'scoring', request: { modelId, datasetId } }),
    );
    expect(scoring).toMatchObject({ state: 'succeeded', result: { scored: 4, rejected: 0 } });
    const [result] = (await service.tenant.results.list(scoring.id, { limit: 1 })).items;
    const stored = readNpy(await service.tenant.results.map(scoring.id, result!.imageId));
    expect(stored.shape).toEqual([224, 224]);

    const image = await service.prepared(datasetId, result!.imageId, 224);
    const message = { tenant: 'clinic', modelId, side: 224, images: [image] };
    const reply = await worker.scoreChannel.request(message, { topic: 'lite', deadlineMs: 30_000 });
    expect(reply.outcome === 'scored' && Array.from(reply.scores[0]!.map)).toEqual(Array.from(stored.data));

    const evaluation = await service.ended(
      await service.submit(worker.jobQueue, { kind: 'evaluation', request: { modelId, datasetId } }),
    );
    expect(evaluation).toMatchObject({ state: 'succeeded' });
  });

  test('a revision whose worker is killed makes the bytes of an undisturbed one, and what was added scores lower', async () => {
    const { items } = await service.tenant.models.list({ limit: 1 });
    const modelId = items[0]!.id;
    const datasetId = await service.dataset({ normal: 3 });
    const scoresOf = async (id: string) => {
      const request = { modelId: id, datasetId };
      const { id: jobId } = await service.ended(await service.submit(worker.jobQueue, { kind: 'scoring', request }));
      return (await service.tenant.results.rows(jobId)).map(({ score }) => score!);
    };
    const imageIds = (await service.tenant.images.list(datasetId, { limit: 3 })).items.map(({ id }) => id);
    const before = [await service.tenant.models.get(modelId), await scoresOf(modelId)] as const;
    const asked = { kind: 'revision', request: { modelId, datasetId, imageIds } } as const;
    const { job } = await service.tenant.jobs.create(asked);
    const killed = fork(workerProcess, [service.storeUrl, service.workFolder]);
    await service.when(job.id, ({ state }) => state === 'running');
    killed.kill('SIGKILL');

    await worker.jobQueue.enqueue({ tenant: 'clinic', jobId: job.id, kind: 'revision' }, { maxDepth: 100 });
    const revisions = [job.id, await service.submit(worker.jobQueue, asked)].map(async (id) => {
      const { error, result, attempt } = (await service.ended(id)) as JobOf<'revision'>;
      expect(error).toBeUndefined();
      return { attempt, ...(await service.tenant.models.get(result!.modelId)) };
    });
    const [resumed, undisturbed] = await Promise.all(revisions);
    expect(resumed!.attempt).toBe(2);
    expect(resumed!.digest).toBe(undisturbed!.digest);
    expect(resumed!.digest).not.toBe(before[0].digest);
    const after = await scoresOf(resumed!.id);
    for (const [place, score] of after.entries()) expect(score).toBeLessThan(before[1][place]!);
    expect([await service.tenant.models.get(modelId), await scoresOf(modelId)]).toEqual(before);
  });

  test('a change of contrast, of noise or of the crop alarms soon, and images as before do not', async () => {
    const { items } = await service.tenant.models.list({ limit: 1 });
    const datasetId = await service.dataset({ normal: 8 });
    const { items: images } = await service.tenant.images.list(datasetId, { limit: 8 });
    const pictures = await Promise.all(images.map(({ id }) => service.prepared(datasetId, id, side)));
    const random = generatorOf(16);
    const scan = () => moved(pictures[Math.floor(random.uniform() * pictures.length)]!, random);
    const scoresOf = async (given: readonly Uint8Array[]) => {
      const message = { tenant: 'clinic', modelId: items[0]!.id, side, images: given };
      const reply = await worker.scoreChannel.request(message, { topic: 'lite', deadlineMs: 30_000 });
      if (reply.outcome === 'refused') throw new Error(reply.detail);
      return reply.scores.map(({ score }) => score);
    };
    const many = async (count: number, change: (scan: Uint8Array) => Uint8Array = (as) => as) => {
      const scores: number[] = [];
      while (scores.length < count) {
        scores.push(...(await scoresOf(Array.from({ length: 8 }, () => change(scan())))));
      }
      return scores;
    };
    const calibration = { jobId: 'a calibration', scores: await many(32) };
    const observe = (record: DriftRecord | undefined, scores: readonly number[]) => {
      const observed = scores.map((score) => ({ atMs: 0, score, pValue: 0, uniform: random.uniform() }));
      return observeDrift(record, calibration, observed);
    };
    const before = observe(undefined, await many(16));
    expect(isDriftAlarm(before)).toBe(false);
    const changes: readonly [string, (scan: Uint8Array) => Uint8Array][] = [
      ['contrast', (scan) => scan.map((value) => Math.max(0, Math.min(255, 90 + 1.6 * (value - 90))))],
      ['noise', (scan) => noisy(scan, random)],
      ['crop', cropped],
    ];
    for (const [name, change] of changes) {
      let record = before;
      let delay = 0;
      for (; !isDriftAlarm(record) && delay < 80; delay += 8) record = observe(record, await many(8, change));
      process.stdout.write(`a change of ${name}: alarm within ${delay} images\n`);
      expect(isDriftAlarm(record)).toBe(true);
    }
  });

  test('cancelling a training frees the device', async () => {
    const long = { ...options, training: { ...options.training, epochs: 1000 } };
    const jobId = await service.adapt(worker.jobQueue, await service.dataset({ train: 2 }), long);
    await service.when(jobId, ({ progress }) => progress?.phase === 'training' && progress.done > 0);
    await service.cancel(worker.jobQueue, jobId);
    const job = await service.ended(jobId);
    expect(job.state).toBe('cancelled');
    await until(() => (worker.engine.state.gauges.adaptationOpen ? undefined : true));
  });

  test('a job that does not fit in the memory of the device fails, and the next one is done in smaller batches', async () => {
    const engine = await Engine.start({ device: 'cpu', threads: 1, synthesisThreads: 1, computeModule: smallDevice });
    const halved: string[] = [];
    engine.on('batchHalved', ({ work, batch }) => halved.push(`${work}: ${batch}`));
    const small = await service.startWorkerOn(engine);
    const datasetId = await service.dataset({ train: 4 });
    // Without a memory scores take the tower of the training, which has halved its batch by then.
    const scoring = { memoryWeight: 0, memoryImageWeight: 0 };
    const adaptation = (shots: number) =>
      service.adapt(small.jobQueue, datasetId, {
        shots,
        prompts,
        training: { epochs: 1, batchSize: shots, heldOutSamples: 1 },
        scoring,
      });

    const failed = await service.ended(await adaptation(4));
    expect(failed).toMatchObject({ state: 'failed', error: { type: expect.stringMatching(/device-out-of-memory$/) } });
    const { id: modelId } = await adapted(await adaptation(2));
    const scored = await service.submit(small.jobQueue, { kind: 'scoring', request: { modelId, datasetId } });
    expect(await service.ended(scored)).toMatchObject({ state: 'succeeded', result: { scored: 4, rejected: 0 } });
    expect(halved).toEqual(['image tower: 1', 'training step: 2', 'training step: 1']);
    expect(small.warnings).toContain('memory ran out, smaller batches from now on');
    expect(engine.state.restarts).toBe(0);
  }, 180_000);
});
