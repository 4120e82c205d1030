import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { JobOf } from '@mediclip/contracts';
import { conformalPValue, conformalThreshold } from '@mediclip/evaluation';
import { TestService, type TestWorker } from '../../testing/test-service.js';

let service: TestService;
let worker: TestWorker;

beforeEach(async () => {
  service = await TestService.start();
  worker = await service.startWorker();
});

afterEach(() => service.stop());

async function calibrate(modelId: string, datasetId: string, alpha: number) {
  const request = { modelId, datasetId, alpha };
  return service.ended(await service.submit(worker.jobQueue, { kind: 'calibration', request }));
}

describe('a calibration', () => {
  test('takes the threshold from normal images of both splits, and scorings then decide by it', async () => {
    const modelId = await service.model(worker);
    const datasetId = await service.dataset({ normal: 9, abnormal: 2 });
    const job = await calibrate(modelId, datasetId, 0.2);
    const scoring = await service.ended(
      await service.submit(worker.jobQueue, { kind: 'scoring', request: { modelId, datasetId } }),
    );
    const scored = (await service.tenant.results.list(scoring.id, { limit: 100 })).items.flatMap((result) =>
      result.outcome === 'scored' ? [result] : [],
    );
    const normals = scored.filter(({ label }) => label === 'normal');
    const normal = normals.map(({ score }) => score);
    const [threshold, mapThreshold] = [normal, normals.map(({ map }) => map.max)].map((values) => {
      const expected = conformalThreshold(values, 0.2);
      return expected.defined && expected.value;
    });
    expect(job).toMatchObject({ state: 'succeeded', result: { modelId, threshold, images: 9 } });
    const { calibration } = await service.tenant.models.get(modelId);
    expect(calibration).toMatchObject({ alpha: 0.2, threshold, mapThreshold, images: 9, datasetId, jobId: job.id });
    expect(calibration!.scores).toEqual(normal.toSorted((a, b) => a - b));
    for (const { score, decision, pValue } of scored) {
      expect(decision).toBe(score > calibration!.threshold ? 'abnormal' : 'normal');
      expect(pValue).toBe(conformalPValue(normal, score));
    }
    for (const { map, regions } of scored) {
      if (regions.length > 0) expect(map.max).toBeGreaterThanOrEqual(calibration!.mapThreshold!);
    }
  });

  test('of images with groups promises something of groups and leaves out those that were learned, as an evaluation does; of a parted one it is refused', async () => {
    const datasetId = await service.dataset({ train: 4, normal: 8 });
    const { images } = service.tenant;
    const groupOf = (index: number) => (index < 4 ? 'learned' : `patient-${`${index % 4}`.repeat(32)}`);
    const all = (await images.list(datasetId, { limit: 20 })).items;
    for (const [index, { id }] of all.entries()) await images.move(datasetId, id, { group: groupOf(index) });
    const adapted = await service.ended(await service.adapt(worker.jobQueue, datasetId));
    const { modelId } = (adapted as JobOf<'adaptation'>).result!;
    expect((await service.tenant.models.get(modelId)).lineage.groups).toEqual([expect.stringMatching(/^named-/)]);
    const request = { modelId, datasetId, alpha: 0.2, highest: 1 };
    const id = await service.submit(worker.jobQueue, { kind: 'calibration', request });
    const { result } = (await service.ended(id)) as JobOf<'calibration'>;
    expect(result!.images).toBe(8);
    expect(result!.notes).toEqual([
      expect.stringContaining('3 images were left out: they are among'),
      expect.stringContaining('1 image was left out: it is of groups that the model has learned from'),
      expect.stringContaining('are of 4 groups'),
    ]);
    const { calibration } = await service.tenant.models.get(modelId);
    const { groups, scores } = calibration!;
    const told = { highest: 1, count: 4, threshold: scores.at(-1), scores: { length: 4 }, dicomGroups: 'patient' };
    expect(groups).toMatchObject(told);
    const evaluation = await service.submit(worker.jobQueue, { kind: 'evaluation', request: { modelId, datasetId } });
    const { evaluationId } = ((await service.ended(evaluation)) as JobOf<'evaluation'>).result!;
    expect(await service.tenant.evaluations.get(evaluationId)).toMatchObject({
      images: { learned: 0, normal: 8 },
      groups: { highest: 1, normal: 4, abnormal: 0, auroc: { value: null } },
    });

    // As if two groups had been one ever since.
    const root = fileURLToPath(service.storeUrl);
    for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
      if (path.basename(name) === 'groups') rmSync(path.join(root, name), { recursive: true });
    }
    await images.move(datasetId, all[4]!.id, { group: 'learned' });
    const refused = await calibrate(modelId, datasetId, 0.2);
    expect(refused.error).toMatchObject({ type: '/problems/group-parted', group: 'learned' });
  });

  test('counts a picture once, however often it is there, and refuses too few distinct ones', async () => {
    const modelId = await service.model(worker);
    const datasetId = await service.dataset({ normal: 4 });
    const alone = (await calibrate(modelId, datasetId, 0.2)) as JobOf<'calibration'>;
    expect(alone.result).toEqual({ modelId, threshold: expect.any(Number), images: 4 });
    await service.upload(datasetId, { normal: 4 });
    const doubled = (await calibrate(modelId, datasetId, 0.2)) as JobOf<'calibration'>;
    expect(doubled.result).toEqual({ ...alone.result, notes: [expect.stringContaining('4 images were left out')] });
    const { calibration } = await service.tenant.models.get(modelId);
    expect(calibration).toMatchObject({ images: 4, thresholdLogit: expect.any(Number) });
    expect(calibration!.scoreLogits).toHaveLength(4);
    expect(await calibrate(modelId, datasetId, 0.1)).toMatchObject({
      error: {
        type: '/problems/too-few-images',
        needed: 9,
        available: 4,
        detail: expect.stringContaining('count once'),
      },
    });
  });

  test('leaves out what a person has called abnormal', async () => {
    const modelId = await service.model(worker);
    const datasetId = await service.dataset();
    const [image] = await service.upload(datasetId, { normal: 5 });
    const verdict = { datasetId, jobId: image!.id, verdict: 'abnormal', at: '2026-01-01T00:00:00Z' } as const;
    await service.tenant.judgedImages.note(modelId, { imageId: image!.id, ...verdict });
    expect(await calibrate(modelId, datasetId, 0.2)).toMatchObject({ state: 'succeeded', result: { images: 4 } });
  });

  test('leaves out pictures that the model has learned from when their data set is gone, whatever their bytes', async () => {
    const learned = await service.dataset({ train: 3 });
    const job = (await service.ended(await service.adapt(worker.jobQueue, learned))) as JobOf<'adaptation'>;
    await service.tenant.datasets.delete(learned);
    const datasetId = await service.dataset({ normal: 4 });
    await service.addPixelCopy(datasetId, 1, 'test', 'normal');
    const { result } = (await calibrate(job.result!.modelId, datasetId, 0.2)) as JobOf<'calibration'>;
    expect(result).toMatchObject({ images: 4, notes: [expect.stringContaining('has learned from')] });
  });

  test('leaves out what the model has learned from, copies included, and says when too few are left', async () => {
    const modelId = await service.model(worker);
    const copies = await service.dataset({ train: 3, normal: 2 });
    expect(await calibrate(modelId, copies, 0.1)).toMatchObject({
      state: 'failed',
      error: {
        type: '/problems/too-few-images',
        needed: 9,
        available: 2,
        detail: expect.stringContaining(
          '3 images were left out: they are among those that the model has learned from.',
        ),
      },
    });
    expect((await service.tenant.models.get(modelId)).calibration).toBeNull();
  });
});
