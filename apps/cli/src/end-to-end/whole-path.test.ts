import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ClientProblem, type MediclipClient } from '@mediclip/client';
import type { Job, JobEvent, ScoringResult } from '@mediclip/contracts';
import { decodeImage } from '@mediclip/imaging/direct';
import { readNpy } from '@mediclip/maps';
import { until } from '@mediclip/testing';
import { exampleFiles, labelledExamples, quickOptions, trainedFor } from './testing/examples.js';
import { type ServiceProcess, startService } from './testing/service-process.js';

const counts = { train: 5, normal: 6, abnormal: 4 };
const alpha = 0.2;
const damaged = { fileName: 'damaged.png', content: new TextEncoder().encode('no image') };

let service: ServiceProcess;
let client: MediclipClient;
let datasetId: string;
let modelId: string;

beforeAll(async () => {
  service = await startService();
  client = service.client;
});

afterAll(() => service.stop());

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function problemOf(call: Promise<unknown>): Promise<string | undefined> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ClientProblem)) throw new Error(`No problem, but ${String(error)}.`);
  return error.slug;
}

test('uploads are counted by split and label, and a damaged file costs only itself', async () => {
  ({ id: datasetId } = await client.createDataset({ name: 'Synthetic brain MRI', modality: 'MR' }));
  const [first, ...others] = labelledExamples(counts);
  const files = [first!, { ...damaged, split: 'train', label: 'normal' } as const, ...others];
  const { outcomes, stored, rejected } = await client.uploadImages(datasetId, files);
  expect({ stored, rejected }).toEqual({ stored: 15, rejected: 1 });
  expect(outcomes[1]).toMatchObject({ index: 1, fileName: 'damaged.png', outcome: 'rejected' });
  expect((await client.getDataset(datasetId)).counts).toEqual({
    total: 15,
    train: { normal: 5, abnormal: 0 },
    test: { normal: 6, abnormal: 4 },
  });
});

test('an adaptation tells its steps as events, in order, and leaves a model with its lineage', async () => {
  const job = await client.createAdaptation({ datasetId, ...quickOptions(3) });
  expect(job.state).toBe('queued');
  const events: JobEvent[] = [];
  for await (const event of client.jobEvents(job.id)) events.push(event);

  const ids = events.map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
  expect(events.flatMap((event) => (event.type === 'state' ? [event.state] : []))).toEqual([
    'queued',
    'running',
    'succeeded',
  ]);
  const phases = ['loading', 'preparing', 'training', 'finishing'];
  const steps = events.flatMap((event) => (event.type === 'progress' ? [event.progress] : []));
  const ranks = steps.map(({ phase, done }) => phases.indexOf(phase) * 1000 + done);
  expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
  expect(steps.filter(({ phase }) => phase === 'training').every(({ total }) => total === 6)).toBe(true);

  const end = events.at(-1) as Extract<JobEvent, { type: 'end' }>;
  expect(end.type).toBe('end');
  expect(await client.getJob(job.id)).toEqual(end.job);
  ({ modelId } = await client.waitForResult(job));
  const model = await client.getModel(modelId);
  expect(model.lineage).toMatchObject({ jobId: job.id, datasetId, backbone: 'lite', device: 'cpu' });
  expect(model.lineage.imageIds).toHaveLength(2);
  expect(model.lossHistory.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
  expect(model.calibration).toBeNull();
  expect((await all(client.listModels())).map(({ id }) => id)).toEqual([modelId]);
});

test('events after the one that a client has seen last are the rest of them', async () => {
  const [job] = await all(client.listJobs({ kind: 'adaptation' }));
  const events = await all(client.jobEvents(job!.id));
  const seen = events.at(-3)!;
  expect(await all(client.jobEvents(job!.id, { lastEventId: seen.id }))).toEqual(events.slice(-2));
});

test('a score is answered at once, as JSON and as a picture', async () => {
  const files = [...exampleFiles('test/abnormal', 2), damaged];
  const { results } = await client.scoreImages(modelId, files);
  expect(results.map(({ index, fileName, outcome }) => [index, fileName, outcome])).toEqual([
    [0, 'test-abnormal-01.png', 'scored'],
    [1, 'test-abnormal-02.png', 'scored'],
    [2, 'damaged.png', 'rejected'],
  ]);
  const [scored] = results;
  if (scored?.outcome !== 'scored') throw new Error('The first image was not scored.');
  expect(scored).toMatchObject({ width: 240, height: 240 });
  expect(scored.map.max).toBeGreaterThan(scored.map.min);
  expect(scored).not.toHaveProperty('decision');
  for (const { x, y, width, height } of scored.regions) {
    expect(x + width).toBeLessThanOrEqual(240);
    expect(y + height).toBeLessThanOrEqual(240);
  }
  const overlay = await decodeImage(await client.scoreOverlay(modelId, files[0]!));
  expect(overlay.width).toBeGreaterThanOrEqual(240);
});

test('a scoring has the same score for each image as the answer at once, and a map for each', async () => {
  const job = await client.createScoring({ modelId, datasetId, split: 'test' });
  expect(await client.waitForResult(job)).toEqual({ scored: 10, rejected: 0 });
  const results = await all(client.listJobResults(job.id, { pageSize: 3 }));
  expect(results.map(({ fileName }) => fileName)).toEqual([
    ...exampleFiles('test/normal', 6).map(({ fileName }) => fileName),
    ...exampleFiles('test/abnormal', 4).map(({ fileName }) => fileName),
  ]);
  const last = results.at(-1) as Extract<ScoringResult, { outcome: 'scored' }>;
  const { results: atOnce } = await client.scoreImages(modelId, [exampleFiles('test/abnormal', 4).at(-1)!]);
  expect(atOnce[0]).toMatchObject({ score: last.score, map: last.map, regions: last.regions });

  const { shape, data } = readNpy(await client.getJobResultMap(job.id, last.imageId, 'application/x-npy'));
  expect(shape).toEqual([224, 224]);
  expect(data.every((value) => value >= 0 && value <= 1)).toBe(true);
  const overlay = await client.getJobResultMap(job.id, last.imageId, 'image/png');
  expect((await decodeImage(overlay)).width).toBeGreaterThanOrEqual(240);
});

test('a calibrated model decides', async () => {
  const job = await client.calibrateModel(modelId, { datasetId, alpha });
  const { threshold, images } = await client.waitForResult(job);
  expect(images).toBe(9);
  expect((await client.getModel(modelId)).calibration).toMatchObject({ alpha, threshold, images, jobId: job.id });
  const { results } = await client.scoreImages(modelId, exampleFiles('test/abnormal', 4));
  for (const result of results) {
    if (result.outcome !== 'scored') throw new Error(`${result.fileName} was not scored.`);
    expect(result.decision).toBe(result.score > threshold ? 'abnormal' : 'normal');
    expect(result.pValue).toBeGreaterThanOrEqual(0.1);
  }
});

test('an evaluation has its figures and a report that needs nothing else', async () => {
  const job = await client.createEvaluation({ modelId, datasetId });
  const { evaluationId } = await client.waitForResult(job);
  const evaluation = await client.getEvaluation(evaluationId);
  expect(evaluation).toMatchObject({
    modelId,
    datasetId,
    jobId: job.id,
    images: { normal: 6, abnormal: 4, masks: 4, rejected: 0 },
  });
  expect(evaluation.image.auroc.value).toEqual(expect.any(Number));
  expect(evaluation.pixel.aupro30.value).toEqual(expect.any(Number));
  const report = new TextDecoder().decode(await client.getEvaluationReport(evaluationId));
  expect(report.toLowerCase()).toMatch(/^<!doctype html>/);
  expect(report).not.toMatch(/(?:src|href)="https?:/);
  expect(report.toLowerCase()).toContain('not a medical device');
});

test('scores are answered while an adaptation goes on as without it, what both work with stays, and a cancelled one leaves nothing behind', async () => {
  const images = exampleFiles('test/abnormal', 4);
  const before = await client.scoreImages(modelId, images);
  const tenant = path.join(service.dataDir, 'tenants', 'default');
  const modelsBefore = readdirSync(path.join(tenant, 'models'));
  const adaptation = await client.createAdaptation({ datasetId, ...quickOptions(10_000) });
  await trainedFor(client, adaptation, 1);
  const stepOf = async () => (await client.getJob(adaptation.id)).progress?.done ?? 0;
  const step = await stepOf();
  const answers = await Promise.all(images.map((image) => client.scoreImages(modelId, [image])));
  expect(answers.map(({ results }) => ({ ...results[0], index: 0 }))).toEqual(
    before.results.map((result) => ({ ...result, index: 0 })),
  );
  await until(async () => ((await stepOf()) > step ? true : undefined));

  expect(await problemOf(client.deleteDataset(datasetId))).toBe('data-set-in-use');
  const scoring = await client.createScoring({ modelId, datasetId });
  await client.cancelJob(adaptation.id);
  const ended = await Promise.all([adaptation, scoring].map((job: Job) => client.waitForJob(job.id)));
  expect(ended.map(({ state }) => state)).toEqual(['cancelled', 'succeeded']);
  expect(ended[0]).not.toHaveProperty('result');
  expect(readdirSync(path.join(tenant, 'models'))).toEqual(modelsBefore);
  await until(() => (existsSync(path.join(tenant, 'jobs', adaptation.id, 'scratch')) ? undefined : true));
  await until(() => (readdirSync(path.join(service.dataDir, 'work')).length === 0 ? true : undefined));
});

test('what no job works with any more can be deleted, a data set without its model', async () => {
  await client.deleteDataset(datasetId);
  expect(await problemOf(client.getDataset(datasetId))).toBe('not-found');
  expect(await problemOf(client.createAdaptation({ datasetId }))).toBe('not-found');
  const { results } = await client.scoreImages(modelId, exampleFiles('test/normal', 1));
  expect(results[0]!.outcome).toBe('scored');

  await client.deleteModel(modelId);
  expect(await problemOf(client.getModel(modelId))).toBe('not-found');
  expect(await problemOf(client.scoreImages(modelId, exampleFiles('test/normal', 1)))).toBe('not-found');
});
