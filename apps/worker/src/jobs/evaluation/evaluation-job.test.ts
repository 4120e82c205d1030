import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { evaluationScoresFileName, evaluationScoresSchema, type JobOf, reportFileName } from '@mediclip/contracts';
import { compareModels, imageMetrics } from '@mediclip/evaluation';
import { TestService } from '../../testing/test-service.js';

let service: TestService;

beforeEach(async () => {
  service = await TestService.start();
});

afterEach(() => service.stop());

/** Removes the stored bytes with this digest. */
function removeStored(digest: string): void {
  const root = fileURLToPath(service.storeUrl);
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes(digest));
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) rmSync(path.join(root, name), { recursive: true });
}

/** A text file of an evaluation. */
async function tenantFile(evaluationId: string, name: string): Promise<string> {
  return text((await service.tenant.evaluations.openFile(evaluationId, name)).stream);
}

async function evaluate(counts: { normal?: number; abnormal?: number }, alter = async (_datasetId: string) => {}) {
  const worker = await service.startWorker();
  const modelId = await service.model(worker);
  const datasetId = await service.dataset({ train: 1, ...counts });
  await alter(datasetId);
  const request = { modelId, datasetId };
  const job = await service.ended(await service.submit(worker.jobQueue, { kind: 'evaluation', request }));
  return { worker, request, job: job as JobOf<'evaluation'> };
}

describe('an evaluation', () => {
  test('has the figures of the scores, of the masks, and a report', async () => {
    const { worker, request, job } = await evaluate({ normal: 6, abnormal: 6 }, async (datasetId) => {
      await service.addDamagedImage(datasetId);
    });
    expect(job.error).toBeUndefined();
    const evaluation = await service.tenant.evaluations.get(job.result!.evaluationId);
    expect(evaluation.images).toEqual({
      normal: 6,
      abnormal: 6,
      masks: 6,
      maskShares: { smallest: expect.any(Number), median: expect.any(Number), largest: expect.any(Number) },
      rejected: 1,
      copies: 0,
      learned: 0,
    });
    const { smallest, median, largest } = evaluation.images.maskShares!;
    expect(smallest).toBeGreaterThan(0);
    expect(median).toBeGreaterThanOrEqual(smallest);
    expect(largest).toBeLessThan(1);
    expect(largest).toBeGreaterThanOrEqual(median);
    const stored = await tenantFile(evaluation.id, evaluationScoresFileName);
    expect(evaluationScoresSchema.parse(JSON.parse(stored))).toContainEqual(
      expect.objectContaining({ label: 'abnormal', scoreLogit: expect.any(Number) }),
    );

    const scoring = await service.ended(
      await service.submit(worker.jobQueue, { kind: 'scoring', request: { ...request, split: 'test' } }),
    );
    const scored = (await service.tenant.results.list(scoring.id, { limit: 100 })).items.flatMap((result) =>
      result.outcome === 'scored' ? [result] : [],
    );
    const expected = imageMetrics(
      scored.map(({ score }) => score),
      scored.map(({ label }) => label === 'abnormal'),
    );
    expect(evaluation.image.auroc).toMatchObject({ value: expected.auroc.defined && expected.auroc.value });
    expect(evaluation.image.f1Max).toMatchObject({ threshold: expect.any(Number), interval: { level: 0.95 } });
    expect(evaluation.pixel.auroc).toMatchObject({ value: expect.any(Number) });
    expect(evaluation.pixel.aupro30).toMatchObject({ value: expect.any(Number) });

    const html = await tenantFile(evaluation.id, reportFileName);
    expect(html).toMatch(/<title>Evaluation of the model from .+ of \d{4}-\d{2}-\d{2} on /);
    expect(html).toContain(`The masks mark ${Number((100 * smallest).toPrecision(2))}% to`);
    expect(html.match(/data:image\/png;base64,/g)!.length).toBe(12 * 2 + 6);
  });

  test('of a doubled test set has the figures and intervals of the single one, and says what was left out', async () => {
    const worker = await service.startWorker();
    const modelId = await service.model(worker);
    const datasetId = await service.dataset({ normal: 5, abnormal: 5 });
    const evaluated = async () => {
      const id = await service.submit(worker.jobQueue, { kind: 'evaluation', request: { modelId, datasetId } });
      const job = (await service.ended(id)) as JobOf<'evaluation'>;
      return service.tenant.evaluations.get(job.result!.evaluationId);
    };
    const single = await evaluated();
    await service.upload(datasetId, { normal: 5, abnormal: 5 });
    await service.addPixelCopy(datasetId, 0, 'test', 'normal');
    const doubled = await evaluated();
    expect(doubled.images).toEqual({ ...single.images, copies: 10, learned: 1 });
    expect([doubled.image, doubled.pixel]).toEqual([single.image, single.pixel]);
    const { stream } = await service.tenant.evaluations.openFile(doubled.id, reportFileName);
    const report = await text(stream);
    expect(report).toContain('10 images left out: copies of others');
    expect(report).toContain('Can these figures be trusted?');
    // The copy of a training image is no longer among the evaluated ones, and every other one counts once.
    expect(doubled.audit).toMatchObject({
      withoutCopies: { images: expect.any(Number), auroc: single.audit?.withoutCopies.auroc },
      bestCue: { modelAuroc: doubled.image.auroc },
    });

    const id = await service.submit(worker.jobQueue, { kind: 'audit', request: { datasetId } });
    const { result } = (await service.ended(id)) as JobOf<'audit'>;
    const audit = await service.tenant.audits.get(result!.auditId);
    expect(audit.images.rejected).toBe(0);
    expect(audit.copies.images).toBeGreaterThanOrEqual(10);
    expect(audit.warnings.map(({ kind }) => kind)).toContain('copies');
    expect(doubled.audit?.warnings).toEqual(audit.warnings);
  });

  test.each([
    { counts: { normal: 3 }, missing: 'abnormal' },
    { counts: { abnormal: 3 }, missing: 'normal' },
  ])('of one class only ($counts) has no figure of images, and says why', async ({ counts, missing }) => {
    const { job } = await evaluate(counts);
    const { image, pixel } = await service.tenant.evaluations.get(job.result!.evaluationId);
    for (const figure of Object.values(image))
      expect(figure).toMatchObject({ value: null, reason: expect.any(String) });
    expect(image.auroc).toMatchObject({ reason: expect.stringContaining(missing) });
    if (missing === 'abnormal') {
      expect(pixel.diceBest).toEqual({ value: null, reason: 'No abnormal image has a mask.' });
    }
  });

  test('with a baseline compares both models on the same images', async () => {
    const worker = await service.startWorker();
    const [modelId, baselineModelId] = [await service.model(worker), await service.model(worker, { seed: 1 })];
    worker.engine.inverted.add((await service.tenant.models.get(baselineModelId)).digest);
    const datasetId = await service.dataset({ normal: 6, abnormal: 6 });
    const request = { modelId, datasetId, baselineModelId };
    const id = await service.submit(worker.jobQueue, { kind: 'evaluation', request });
    const job = (await service.ended(id)) as JobOf<'evaluation'>;
    expect(job.error).toBeUndefined();
    const { comparison, image } = await service.tenant.evaluations.get(job.result!.evaluationId);

    const scoring = await service.ended(
      await service.submit(worker.jobQueue, { kind: 'scoring', request: { modelId, datasetId } }),
    );
    const scored = (await service.tenant.results.list(scoring.id, { limit: 100 })).items;
    const scores = scored.map((result) => (result.outcome === 'scored' ? result.score : Number.NaN));
    const expected = compareModels(
      scores,
      scores.map((score) => 1 - score),
      scored.map(({ label }) => label === 'abnormal'),
    );
    expect(comparison).toMatchObject({ baselineModelId, images: 12, auroc: { value: image.auroc.value } });
    expect(comparison!.difference.value).toBeCloseTo(expected.difference.defined ? expected.difference.value : NaN, 6);
    expect(comparison!.test.value).toBeCloseTo(expected.test.defined ? expected.test.pValue : NaN, 6);
    const { stream } = await service.tenant.evaluations.openFile(job.result!.evaluationId, reportFileName);
    expect(await text(stream)).toContain('Compared with a baseline');
  });

  test('of a calibrated model has the Dice at its map threshold', async () => {
    const worker = await service.startWorker();
    const modelId = await service.model(worker);
    const datasetId = await service.dataset({ normal: 4, abnormal: 4 });
    const evaluated = async () => {
      const request = { modelId, datasetId };
      const id = await service.submit(worker.jobQueue, { kind: 'evaluation', request });
      const job = (await service.ended(id)) as JobOf<'evaluation'>;
      return (await service.tenant.evaluations.get(job.result!.evaluationId)).pixel;
    };
    expect((await evaluated()).diceCalibrated).toEqual({
      value: null,
      reason: 'The maps of the model are not calibrated.',
    });
    const normals = await service.dataset({ normal: 9 });
    const request = { modelId, datasetId: normals, alpha: 0.2 };
    await service.ended(await service.submit(worker.jobQueue, { kind: 'calibration', request }));
    const { mapThreshold } = (await service.tenant.models.get(modelId)).calibration!;
    const { diceCalibrated, diceBest } = await evaluated();
    expect(diceCalibrated).toMatchObject({ value: expect.any(Number), threshold: mapThreshold });
    expect(diceCalibrated.value).toBeLessThanOrEqual(diceBest.value!);
  });

  test('names the images of another kind, shows them, and has the AUROC without them', async () => {
    const worker = await service.startWorker();
    const modelId = await service.model(worker);
    const datasetId = await service.dataset({ normal: 4, abnormal: 4 });
    const request = { modelId, datasetId };
    const evaluated = async () => {
      const id = await service.submit(worker.jobQueue, { kind: 'evaluation', request });
      const job = (await service.ended(id)) as JobOf<'evaluation'>;
      return service.tenant.evaluations.get(job.result!.evaluationId);
    };
    const before = await evaluated();
    expect(before).not.toHaveProperty('foreign');
    const scores = evaluationScoresSchema.parse(JSON.parse(await tenantFile(before.id, evaluationScoresFileName)));
    const sorted = scores.toSorted((a, b) => a.score - b.score);
    worker.engine.foreignUpTo = sorted[1]!.score;
    const { id, foreign, image } = await evaluated();
    const known = sorted.slice(2);
    const without = imageMetrics(
      known.map(({ scoreLogit }) => scoreLogit!),
      known.map(({ label }) => label === 'abnormal'),
    ).auroc;
    expect(foreign).toMatchObject({ count: 2, aurocWithout: { value: without.defined && without.value } });
    expect(foreign?.images.map(({ imageId }) => imageId).sort()).toEqual(
      sorted
        .slice(0, 2)
        .map(({ imageId }) => imageId)
        .sort(),
    );
    expect(image).toEqual(before.image);
    const html = await tenantFile(id, reportFileName);
    expect(html).toContain('2 of the 8 test images are not the kind of image that the model knows');
    for (const { fileName, label } of foreign!.images)
      expect(html).toContain(`<figcaption>${fileName} · ${label} · another kind of image</figcaption>`);
  });

  test('scores each image once, and a shown file that is lost meanwhile costs only its case', async () => {
    const worker = await service.startWorker();
    const modelId = await service.model(worker);
    const datasetId = await service.dataset({ normal: 6, abnormal: 6 });
    const { items } = await service.tenant.images.list(datasetId, { limit: 100 });
    const lost = items.find(({ label }) => label === 'normal')!;
    const before = worker.engine.scoredBy.length;
    worker.engine.on('batch', () => {
      if (worker.engine.scoredBy.length === before + 12) removeStored(lost.sha256);
    });
    const id = await service.submit(worker.jobQueue, { kind: 'evaluation', request: { modelId, datasetId } });
    const job = (await service.ended(id)) as JobOf<'evaluation'>;
    expect(job.error).toBeUndefined();
    expect(worker.engine.scoredBy.length).toBe(before + 12);
    expect((await service.tenant.evaluations.get(job.result!.evaluationId)).images).toMatchObject({ normal: 6 });
    const { stream } = await service.tenant.evaluations.openFile(job.result!.evaluationId, reportFileName);
    expect((await text(stream)).match(/data:image\/png;base64,/g)!.length).toBe(11 * 2 + 6);
    expect(worker.warnings).toContain('case left out of the report');
  });

  test('needs test images', async () => {
    const { job } = await evaluate({});
    expect(job).toMatchObject({ state: 'failed', error: { type: '/problems/too-few-images', available: 0 } });
  });
});
