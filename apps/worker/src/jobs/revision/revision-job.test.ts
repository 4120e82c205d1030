import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Image, JobOf, Label, Model } from '@mediclip/contracts';
import { until } from '@mediclip/testing';
import { TestService, type TestWorker } from '../../testing/test-service.js';

let service: TestService;
let worker: TestWorker;
let modelId: string;

beforeEach(async () => {
  service = await TestService.start();
  worker = await service.startWorker();
  modelId = await service.model(worker);
});

afterEach(() => service.stop());

async function revise(datasetId: string, imageIds?: readonly string[], of = modelId): Promise<JobOf<'revision'>> {
  const request = { modelId: of, datasetId, ...(imageIds && { imageIds: [...imageIds] }) };
  return (await service.ended(
    await service.submit(worker.jobQueue, { kind: 'revision', request }),
  )) as JobOf<'revision'>;
}

const model = (id: string): Promise<Model> => service.tenant.models.get(id);

const judge = (datasetId: string, { id: imageId }: Image, verdict: Label) =>
  service.tenant.judgedImages.note(modelId, {
    imageId,
    datasetId,
    jobId: imageId,
    verdict,
    at: '2026-01-01T00:00:00Z',
  });

async function calibrated(datasetId: string): Promise<void> {
  const request = { modelId, datasetId, alpha: 0.2 };
  await service.ended(await service.submit(worker.jobQueue, { kind: 'calibration', request }));
}

describe('a revision', () => {
  test('makes a new model that names its parent and what was added, and leaves the parent as it was', async () => {
    const datasetId = await service.dataset();
    const [one, two] = await service.upload(datasetId, { normal: 2 });
    const before = await model(modelId);
    const job = await revise(datasetId, [one!.id]);
    expect(job.result).toEqual({ modelId: expect.any(String), added: 1, calibrated: false });
    const child = await model(job.result!.modelId);
    expect(child.lineage).toMatchObject({
      ...before.lineage,
      jobId: job.id,
      parentModelId: modelId,
      added: [{ datasetId, imageIds: [one!.id], pixelDigests: [expect.any(String)] }],
    });
    expect(await model(modelId)).toEqual(before);
    const grandchild = (await revise(datasetId, [two!.id], child.id)).result!;
    expect((await model(grandchild.modelId)).lineage).toMatchObject({
      parentModelId: child.id,
      added: [{ imageIds: [one!.id] }, { imageIds: [two!.id] }],
    });
    expect(await readdir(worker.workFolder)).toEqual([]);
    const { items } = await service.tenant.models.list({ limit: 10 });
    expect(items.map(({ parentModelId }) => parentModelId)).toEqual([child.id, modelId, undefined]);
  });

  test('without names adds normal training images and what people call normal, each picture once, never what they call abnormal', async () => {
    const datasetId = await service.dataset();
    const [known, , , fresh, other] = await service.upload(datasetId, { train: 5 });
    const [test1, test2, ill] = await service.upload(datasetId, { normal: 2, abnormal: 1 });
    await service.addPixelCopy(datasetId, 3, 'train', 'normal');
    for (const image of [test1!, ill!]) await judge(datasetId, image, 'normal');
    await judge(datasetId, other!, 'abnormal');
    const { result } = await revise(datasetId);
    expect(result).toMatchObject({ added: 3, notes: [expect.stringContaining('were not added')] });
    const { added } = (await model(result!.modelId)).lineage;
    expect(added![0]!.imageIds).toEqual([fresh!.id, test1!.id, ill!.id]);
    for (const images of [[known!.id], [other!.id]]) {
      expect((await revise(datasetId, images)).error).toMatchObject({ type: '/problems/too-few-images' });
    }
    expect((await revise(datasetId, [test2!.id])).result).toMatchObject({ added: 1 });
  });

  test('is calibrated as its parent, without what was added, while enough images of that calibration are there', async () => {
    const datasetId = await service.dataset();
    const images = await service.upload(datasetId, { normal: 6 });
    await calibrated(datasetId);
    const { result } = await revise(datasetId, [images[0]!.id]);
    expect(result).toMatchObject({ added: 1, calibrated: true, notes: [expect.stringContaining('has learned from')] });
    const child = await model(result!.modelId);
    expect(child.calibration).toMatchObject({ alpha: 0.2, images: 5, datasetId, jobId: child.lineage.jobId });
    expect(worker.engine.forgotten).toContain(`revision ${child.lineage.jobId}`);

    const few = await revise(
      datasetId,
      images.slice(1, 4).map(({ id }) => id),
    );
    expect(few.result).toMatchObject({ calibrated: false, notes: [expect.stringContaining('do not suffice')] });
    const elsewhere = await service.dataset();
    const [another] = (await service.upload(elsewhere, { normal: 7 })).slice(6);
    await service.tenant.datasets.delete(datasetId);
    expect((await revise(elsewhere, [another!.id])).result).toMatchObject({
      calibrated: false,
      notes: [expect.stringContaining('is gone')],
    });
  });

  test('is refused when images that the model knows are gone', async () => {
    const { lineage } = await model(modelId);
    const datasetId = await service.dataset({ normal: 1 });
    await service.tenant.images.delete(lineage.datasetId, lineage.imageIds[1]!);
    expect((await revise(datasetId)).error).toMatchObject({ type: '/problems/model-normals-missing' });
  });

  test('that is cancelled leaves nothing behind', async () => {
    worker.engine.holdBeforeStep = 0;
    const datasetId = await service.dataset();
    const [image] = await service.upload(datasetId, { normal: 1 });
    const request = { modelId, datasetId, imageIds: [image!.id] };
    const jobId = await service.submit(worker.jobQueue, { kind: 'revision', request });
    await service.holding(worker.engine);
    await service.cancel(worker.jobQueue, jobId);
    expect((await service.ended(jobId)).state).toBe('cancelled');
    await until(async () => ((await readdir(worker.workFolder)).length === 0 ? true : undefined));
    expect((await service.tenant.models.list({ limit: 10 })).items.map(({ id }) => id)).toEqual([modelId]);
  });
});
