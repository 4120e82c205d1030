import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type Evaluation,
  type EvaluationRequest,
  evaluationScoresFileName,
  evaluationScoresSchema,
  type JobOf,
  reportFileName,
} from '@mediclip/contracts';
import { compareModels, imageMetrics } from '@mediclip/evaluation';
import { TestService, type TestWorker } from '../../testing/test-service.js';

/** So many normal and as many abnormal test images, of which one is damaged besides. */
const ofEach = 4;

let service: TestService;
let worker: TestWorker;
let modelId: string;
/** A data set of such images, and what nothing disturbs about it. */
let datasetId: string;
let evaluation: Evaluation;

beforeAll(async () => {
  service = await TestService.start();
  worker = await service.startWorker();
  modelId = await service.model(worker);
  datasetId = await testImages();
  await service.addDamagedImage(datasetId);
  evaluation = await evaluated({ modelId, datasetId });
});

afterAll(() => service.stop());

const testImages = () => service.dataset({ train: 1, normal: ofEach, abnormal: ofEach });

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

async function evaluationJob(request: EvaluationRequest): Promise<JobOf<'evaluation'>> {
  const job = await service.ended(await service.submit(worker.jobQueue, { kind: 'evaluation', request }));
  return job as JobOf<'evaluation'>;
}

async function evaluated(request: EvaluationRequest): Promise<Evaluation> {
  const { error, result } = await evaluationJob(request);
  expect(error).toBeUndefined();
  return service.tenant.evaluations.get(result!.evaluationId);
}

async function scoredBy(request: { modelId: string; datasetId: string }) {
  const split = 'test' as const;
  const job = await service.ended(
    await service.submit(worker.jobQueue, { kind: 'scoring', request: { ...request, split } }),
  );
  const { items } = await service.tenant.results.list(job.id, { limit: 100 });
  return items.flatMap((result) => (result.outcome === 'scored' ? [result] : []));
}

describe('an evaluation', () => {
  test('has the figures of the scores, of the masks, and a report', async () => {
    expect(evaluation.images).toEqual({
      normal: ofEach,
      abnormal: ofEach,
      masks: ofEach,
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

    const scored = await scoredBy({ modelId, datasetId });
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
    expect(html.match(/data:image\/png;base64,/g)!.length).toBe(2 * ofEach * 2 + ofEach);
  });

  test('of a doubled test set has the figures and intervals of the single one, and says what was left out', async () => {
    const datasetId = await testImages();
    await service.addDamagedImage(datasetId);
    await service.upload(datasetId, { normal: ofEach, abnormal: ofEach });
    await service.addPixelCopy(datasetId, 0, 'test', 'normal');
    const doubled = await evaluated({ modelId, datasetId });
    expect(doubled.images).toEqual({ ...evaluation.images, copies: 2 * ofEach, learned: 1 });
    expect([doubled.image, doubled.pixel]).toEqual([evaluation.image, evaluation.pixel]);
    const report = await tenantFile(doubled.id, reportFileName);
    expect(report).toContain(`${2 * ofEach} images left out: copies of others`);
    expect(report).toContain('Can these figures be trusted?');
    // The copy of a training image is no longer among the evaluated ones, and every other one counts once.
    expect(doubled.audit).toMatchObject({
      withoutCopies: { images: expect.any(Number), auroc: evaluation.audit?.withoutCopies.auroc },
      bestCue: { modelAuroc: doubled.image.auroc },
    });

    const id = await service.submit(worker.jobQueue, { kind: 'audit', request: { datasetId } });
    const { result } = (await service.ended(id)) as JobOf<'audit'>;
    const audit = await service.tenant.audits.get(result!.auditId);
    expect(audit.images.rejected).toBe(1);
    expect(audit.copies.images).toBeGreaterThanOrEqual(2 * ofEach);
    expect(audit.warnings.map(({ kind }) => kind)).toContain('copies');
    expect(doubled.audit?.warnings).toEqual(audit.warnings);
  });

  test.each([
    { counts: { normal: 2 }, missing: 'abnormal' },
    { counts: { abnormal: 2 }, missing: 'normal' },
  ])('of one class only ($counts) has no figure of images, and says why', async ({ counts, missing }) => {
    const { image, pixel } = await evaluated({ modelId, datasetId: await service.dataset(counts) });
    for (const figure of Object.values(image))
      expect(figure).toMatchObject({ value: null, reason: expect.any(String) });
    expect(image.auroc).toMatchObject({ reason: expect.stringContaining(missing) });
    if (missing === 'abnormal') {
      expect(pixel.diceBest).toEqual({ value: null, reason: 'No abnormal image has a mask.' });
    }
  });

  test('with a baseline compares both models on the same images', async () => {
    const baselineModelId = await service.model(worker, { seed: 1 });
    worker.engine.inverted.add((await service.tenant.models.get(baselineModelId)).digest);
    const { id, comparison, image } = await evaluated({ modelId, datasetId, baselineModelId });

    const scored = await scoredBy({ modelId, datasetId });
    const scores = scored.map(({ score }) => score);
    const expected = compareModels(
      scores,
      scores.map((score) => 1 - score),
      scored.map(({ label }) => label === 'abnormal'),
    );
    expect(comparison).toMatchObject({ baselineModelId, images: 2 * ofEach, auroc: { value: image.auroc.value } });
    expect(comparison!.difference.value).toBeCloseTo(expected.difference.defined ? expected.difference.value : NaN, 6);
    expect(comparison!.test.value).toBeCloseTo(expected.test.defined ? expected.test.pValue : NaN, 6);
    expect(await tenantFile(id, reportFileName)).toContain('Compared with a baseline');
  });

  test('of a calibrated model has the Dice at its map threshold', async () => {
    expect(evaluation.pixel.diceCalibrated).toEqual({
      value: null,
      reason: 'The maps of the model are not calibrated.',
    });
    const modelId = await service.model(worker);
    const normals = await service.dataset({ normal: 9 });
    const request = { modelId, datasetId: normals, alpha: 0.2 };
    await service.ended(await service.submit(worker.jobQueue, { kind: 'calibration', request }));
    const { mapThreshold } = (await service.tenant.models.get(modelId)).calibration!;
    const { diceCalibrated, diceBest } = (await evaluated({ modelId, datasetId })).pixel;
    expect(diceCalibrated).toMatchObject({ value: expect.any(Number), threshold: mapThreshold });
    expect(diceCalibrated.value).toBeLessThanOrEqual(diceBest.value!);
  });

  test('names the images of another kind, shows them, and has the AUROC without them', async () => {
    expect(evaluation).not.toHaveProperty('foreign');
    const scores = evaluationScoresSchema.parse(JSON.parse(await tenantFile(evaluation.id, evaluationScoresFileName)));
    const sorted = scores.toSorted((a, b) => a.score - b.score);
    worker.engine.foreignUpTo = sorted[1]!.score;
    const { id, foreign, image } = await evaluated({ modelId, datasetId });
    worker.engine.foreignUpTo = undefined;
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
    expect(image).toEqual(evaluation.image);
    const html = await tenantFile(id, reportFileName);
    expect(html).toContain(`2 of the ${2 * ofEach} test images are not the kind of image that the model knows`);
    for (const { fileName, label } of foreign!.images)
      expect(html).toContain(`<figcaption>${fileName} · ${label} · another kind of image</figcaption>`);
  });

  test('scores each image once, and a shown file that is lost meanwhile costs only its case', async () => {
    const { id: datasetId } = await service.tenant.datasets.create({ name: 'One is lost' });
    await service.upload(datasetId, { normal: 1, abnormal: 2 });
    const lost = await service.addPixelCopy(datasetId, 5, 'test', 'normal');
    const before = worker.engine.scoredBy.length;
    const loseOne = () => {
      if (worker.engine.scoredBy.length === before + 4) removeStored(lost.sha256);
    };
    worker.engine.on('batch', loseOne);
    const { id, images } = await evaluated({ modelId, datasetId });
    worker.engine.off('batch', loseOne);
    expect(worker.engine.scoredBy.length).toBe(before + 4);
    expect(images).toMatchObject({ normal: 2 });
    const report = await tenantFile(id, reportFileName);
    expect(report.match(/data:image\/png;base64,/g)!.length).toBe(3 * 2 + 2);
    expect(worker.warnings).toContain('case left out of the report');
  });

  test('needs test images', async () => {
    const job = await evaluationJob({ modelId, datasetId: await service.dataset({ train: 1 }) });
    expect(job).toMatchObject({ state: 'failed', error: { type: '/problems/too-few-images', available: 0 } });
  });
});
