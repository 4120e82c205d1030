import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { colourPathsNote } from '@mediclip/adaptation';
import type { AdaptationOptionsInput, JobOf } from '@mediclip/contracts';
import { EngineError } from '@mediclip/engine';
import { until } from '@mediclip/testing';
import { TestService } from '../../testing/test-service.js';

let service: TestService;

beforeEach(async () => {
  service = await TestService.start();
});

afterEach(() => service.stop());

async function models(): Promise<string[]> {
  return (await service.tenant.models.list({ limit: 10 })).items.map(({ id }) => id);
}

describe('an adaptation', () => {
  test('makes a model that tells where it comes from, and leaves nothing else', async () => {
    const { jobQueue, workFolder } = await service.startWorker();
    const datasetId = await service.dataset({ train: 5, normal: 1 });
    const jobId = await service.adapt(jobQueue, datasetId, { name: 'Brains', seed: 7 });

    const job = (await service.ended(jobId)) as JobOf<'adaptation'>;
    expect(job.error).toBeUndefined();
    const model = await service.tenant.models.get(job.result!.modelId);
    expect(model).toMatchObject({ name: 'Brains', selectedEpoch: 1, calibration: null });
    expect(model.configuration).toMatchObject({ shots: 3, seed: 7, taps: [4, 10, 15] });
    expect(model.lineage).toMatchObject({ jobId, datasetId, backbone: 'lite', seed: 7, device: 'cpu' });
    expect(new Set(model.lineage.imageIds).size).toBe(3);
    expect((await service.tenant.models.files(model.id)).map(({ name }) => name)).toEqual([
      'detector.json',
      'detector.safetensors',
    ]);
    expect(job.progress).toMatchObject({ phase: 'training', done: 10, total: 10 });
    expect(await readdir(workFolder)).toEqual([]);
  });

  test('counts copies once: it says so, and its model names them', async () => {
    const { jobQueue, engine } = await service.startWorker();
    const datasetId = await service.dataset({ train: 4 });
    const alone = (await service.ended(await service.adapt(jobQueue, datasetId, { shots: 4 }))) as JobOf<'adaptation'>;
    expect(alone.result).toEqual({ modelId: expect.any(String) });
    const [again] = await service.upload(datasetId, { train: 2 });
    const samePixels = await service.addPixelCopy(datasetId, 3, 'train', 'normal');
    const job = (await service.ended(await service.adapt(jobQueue, datasetId, { shots: 7 }))) as JobOf<'adaptation'>;
    expect(job.error).toBeUndefined();
    expect(job.result!.notes).toEqual([expect.stringContaining('3 training images were left out')]);
    expect(engine.adaptations[1]!.job.images).toEqual(engine.adaptations[0]!.job.images);
    const [first, second] = await Promise.all(
      [alone, job].map(async ({ result }) => (await service.tenant.models.get(result!.modelId)).lineage),
    );
    expect(second).toMatchObject({ imageIds: first!.imageIds, pixelDigests: first!.pixelDigests });
    expect(first!.copies).toBeUndefined();
    expect(second!.copies).toContainEqual({ imageId: again!.id, of: first!.imageIds[0] });
    expect(second!.copies).toContainEqual({ imageId: samePixels.id, of: first!.imageIds[3] });
  });

  test('on the frames of two cines is one on two pictures, and says so', async () => {
    const { jobQueue, engine } = await service.startWorker();
    const datasetId = await service.dataset();
    const pictures = [
      (x: number, y: number) => 128 + 60 * Math.sin(x / 20) + 40 * Math.cos(y / 11),
      (x: number, y: number) => 128 + 60 * Math.cos(y / 15) - 40 * Math.sin((x + y) / 8),
    ];
    for (const picture of pictures) {
      for (let frame = 0; frame < 8; frame++) {
        await service.addPicture(datasetId, (x, y) => {
          const grey = Math.round(picture(x, y)) + (((x * 7 + y * 13 + frame * 5) % 3) - 1);
          return [grey, grey, grey];
        });
      }
    }
    const job = (await service.ended(await service.adapt(jobQueue, datasetId, { shots: 16 }))) as JobOf<'adaptation'>;
    expect(job.error).toBeUndefined();
    expect(engine.adaptations[0]!.job.images).toHaveLength(2);
    expect(job.result!.notes).toEqual([
      '14 training images were left out as copies (or nearly) of others: the model was adapted to 2 distinct pictures.',
    ]);
  });

  test('names the normal images that do not belong, leaves them out when asked to, and says if more would help', async () => {
    const { jobQueue, engine } = await service.startWorker();
    const datasetId = await service.dataset({ train: 5 });
    engine.normalsFound = { outliers: [{ index: 1, kind: 'inverted' }], isMixed: false, gainOfMore: 0.02 };
    const enough = expect.stringContaining('More normal images will hardly help');
    const adapted = async (options: AdaptationOptionsInput) => {
      const job = (await service.ended(await service.adapt(jobQueue, datasetId, options))) as JobOf<'adaptation'>;
      expect(job.error).toBeUndefined();
      const { lineage } = await service.tenant.models.get(job.result!.modelId);
      return { lineage, notes: job.result!.notes };
    };
    const warned = await adapted({ shots: 5 });
    const excluded = await adapted({ shots: 5, excludeOutliers: true });
    const imageId = warned.lineage.imageIds[1]!;
    expect(warned.lineage.outliers).toEqual([{ imageId, kind: 'inverted', excluded: false }]);
    expect(warned.notes).toEqual([expect.stringContaining('looks like a negative'), enough]);
    expect(excluded.lineage.outliers).toEqual([{ imageId, kind: 'inverted', excluded: true }]);
    expect(excluded.lineage.imageIds).toEqual(warned.lineage.imageIds.toSpliced(1, 1));
    expect(excluded.lineage.pixelDigests).toEqual(warned.lineage.pixelDigests!.toSpliced(1, 1));
    expect(excluded.notes).toEqual([expect.stringContaining('was left out'), enough]);
    expect(engine.inspected).toEqual([5, 5]);
    expect(engine.adaptations.map(({ job }) => job.images.length)).toEqual([5, 4]);
  });

  test('of the paper preset says that scoring sees the colour that training does not', async () => {
    const { jobQueue } = await service.startWorker();
    const datasetId = await service.dataset({ train: 2 });
    const notesOf = async (options: AdaptationOptionsInput) => {
      const job = (await service.ended(await service.adapt(jobQueue, datasetId, options))) as JobOf<'adaptation'>;
      expect(job.error).toBeUndefined();
      return job.result!.notes ?? [];
    };
    const paper = { preset: 'paper', backbone: 'lite' } as const;
    expect(await notesOf({ ...paper, shots: 2 })).toEqual([]);
    await service.addPicture(datasetId, (x, y) => [x, y, 128]);
    expect(await notesOf({ ...paper, shots: 3 })).toEqual([colourPathsNote]);
    expect(await notesOf({ shots: 3 })).toEqual([]);
  });

  test('is refused when all its images are one picture', async () => {
    const { jobQueue } = await service.startWorker();
    const datasetId = await service.dataset({ train: 1 });
    await service.upload(datasetId, { train: 1 });
    await service.addPixelCopy(datasetId, 0, 'train', 'normal');
    const { state, error } = await service.ended(await service.adapt(jobQueue, datasetId, { shots: 3 }));
    expect(state).toBe('failed');
    expect(error).toMatchObject({ type: '/problems/shots-too-alike', detail: expect.stringContaining('The 3 normal') });
  });

  test('is given up when there are too few normal images, saying how many', async () => {
    const { jobQueue } = await service.startWorker();
    const jobId = await service.adapt(jobQueue, await service.dataset({ train: 2, normal: 4 }));
    const { state, error } = await service.ended(jobId);
    expect(state).toBe('failed');
    expect(error).toMatchObject({ type: '/problems/too-few-images', needed: 3, available: 2 });
  });

  test('names the training image that cannot be read', async () => {
    const { jobQueue } = await service.startWorker();
    const datasetId = await service.dataset({ train: 2 });
    const { id } = await service.addDamagedImage(datasetId, 'train');
    const { error } = await service.ended(await service.adapt(jobQueue, datasetId));
    expect(error?.type).toBe('/problems/image-unsupported-format');
    expect(error?.detail).toContain(`damaged.png (${id})`);
  });

  test.each([
    ['engine-crashed', new EngineError('crashed', 'It died 3 times.')],
    [
      'training-diverged',
      new EngineError('compute-failed', 'No number.', { name: 'AdaptationError', code: 'diverged' }),
    ],
    [
      'half-precision-overflow',
      new EngineError('compute-failed', 'Inf.', { name: 'AdaptationError', code: 'half-precision-overflow' }),
    ],
    ['device-out-of-memory', new EngineError('compute-failed', 'Too big.', { name: 'OutOfMemoryError' })],
    ['internal', new TypeError('a mistake')],
  ])('that fails ends with its problem (%s) and without a model', async (slug, failure) => {
    const { jobQueue, engine, workFolder, queueErrors } = await service.startWorker();
    engine.failure = failure;
    const { state, error } = await service.ended(await service.adapt(jobQueue, await service.dataset({ train: 3 })));
    expect(state).toBe('failed');
    expect(error?.type).toBe(`/problems/${slug}`);
    expect(await models()).toEqual([]);
    expect(await readdir(workFolder)).toEqual([]);
    expect(queueErrors).toEqual([]);
  });

  test.each(['queue and record', 'record only'])('that is cancelled (%s) leaves nothing behind', async (way) => {
    const { jobQueue, engine, workFolder } = await service.startWorker();
    engine.holdBeforeStep = 5;
    const jobId = await service.adapt(jobQueue, await service.dataset({ train: 3 }));
    await service.when(jobId, ({ progress }) => progress?.done === 5);

    if (way === 'record only') await service.tenant.jobs.requestCancel(jobId);
    else await service.cancel(jobQueue, jobId);
    expect((await service.ended(jobId)).state).toBe('cancelled');
    await until(async () => ((await readdir(workFolder)).length === 0 ? true : undefined));
    expect(await models()).toEqual([]);
    expect((await service.tenant.jobs.get(jobId)).scratch).toEqual({});
  });

  test('goes on elsewhere from its checkpoint with the same images when its worker freezes, which changes nothing when it wakes', async () => {
    const frozen = await service.startWorker();
    frozen.engine.holdBeforeStep = 6;
    const datasetId = await service.dataset({ train: 4 });
    const jobId = await service.adapt(frozen.jobQueue, datasetId, { seed: 3 });
    await until(async () => ((await service.tenant.jobs.get(jobId)).scratch.checkpoint ? true : undefined));
    await service.upload(datasetId, { train: 8 });

    const successor = await service.startWorker();
    const job = (await service.ended(jobId)) as JobOf<'adaptation'>;
    expect(job).toMatchObject({ state: 'succeeded', attempt: 2 });
    const [first] = frozen.engine.adaptations;
    const [second] = successor.engine.adaptations;
    expect(second!.from).toBeGreaterThan(0);
    expect(second!.job.images).toEqual(first!.job.images);
    const model = await service.tenant.models.get(job.result!.modelId);

    frozen.engine.release();
    await frozen.worker.stop(0);
    expect(await models()).toEqual([job.result!.modelId]);
    expect(await service.tenant.models.get(job.result!.modelId)).toEqual(model);
    expect((await service.tenant.jobs.get(jobId)).job).toEqual(job);
  });

  test('is given back with the last checkpoint when its worker stops', async () => {
    const first = await service.startWorker();
    first.engine.holdBeforeStep = 7;
    const jobId = await service.adapt(first.jobQueue, await service.dataset({ train: 3 }));
    await service.when(jobId, ({ progress }) => progress?.done === 7);
    await first.worker.stop(60_000);
    expect((await service.tenant.jobs.get(jobId)).job.state).toBe('queued');
    expect(await readdir(first.workFolder)).toEqual([]);

    const second = await service.startWorker();
    expect((await service.ended(jobId)).state).toBe('succeeded');
    expect(second.engine.adaptations.map(({ from }) => from)).toEqual([7]);
  });
});
