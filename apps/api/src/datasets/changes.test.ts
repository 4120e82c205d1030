import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JobOf } from '@mediclip/contracts';
import { bitmap } from '../testing/bitmaps.js';
import { closeSharedPool, TestService, unknownId } from '../testing/test-service.js';

let service: TestService;
let modelId: string;
let datasetId: string;
let jobId: string;
beforeAll(async () => {
  service = await TestService.start();
  const made = await service.model();
  modelId = made.modelId;
  datasetId = made.dataset.id;
  jobId = made.jobId;
});
afterAll(async () => {
  await service.stop();
  await closeSharedPool();
});

const change = (path: string, json: unknown) => service.send('PATCH', path, { json });
const idsOf = async (path: string) => {
  const { json } = await service.get(path);
  return json.items.map(({ id }: { id: string }) => id);
};

describe('names and descriptions', () => {
  test.each([
    ['a data set', () => `/v1/datasets/${datasetId}`, '/v1/datasets'],
    ['a model', () => `/v1/models/${modelId}`, '/v1/models'],
  ])('of %s change, each without the other, and lists find it by its name', async (_, pathOf, list) => {
    const path = pathOf();
    const { json: before } = await service.get(path);
    const both = await change(path, { name: 'Knee MRI, \u00c4rzte', description: 'From 2024' });
    expect(both).toMatchObject({
      status: 200,
      json: { ...before, name: 'Knee MRI, \u00c4rzte', description: 'From 2024' },
    });
    expect((await change(path, { description: null })).json).not.toHaveProperty('description');
    expect((await change(path, { name: 'Knee' })).json).toEqual({ ...before, name: 'Knee' });
    expect((await service.get(path)).json).toEqual({ ...before, name: 'Knee' });
    expect(await idsOf(`${list}?name=kNE`)).toEqual([before.id]);
    expect(await idsOf(`${list}?name=hip`)).toEqual([]);
    expect((await change(path, {})).problem).toBe('validation-failed');
    expect((await change(path, { name: '' })).problem).toBe('validation-failed');
    expect((await change(`${list}/${unknownId()}`, { name: 'x' })).problem).toBe('not-found');
  });
});

describe('an image', () => {
  test('moves to another split and label, but not while a job reads its data set', async () => {
    const dataset = await service.dataset(2);
    const images = `/v1/datasets/${dataset.id}/images`;
    const [imageId] = await idsOf(`${images}?split=train`);
    const { json: before } = await service.get(`${images}/${imageId}`);
    let release: () => void = () => undefined;
    service.worker!.hold = new Promise((resolve) => {
      release = resolve;
    });
    const { json: job } = await service.post('/v1/adaptations', { json: { datasetId: dataset.id, shots: 2 } });
    const refused = await change(`${images}/${imageId}`, { split: 'test' });
    expect(refused).toMatchObject({ status: 409, problem: 'data-set-in-use', json: { jobIds: [job.id] } });
    release();
    service.worker!.hold = undefined;
    await service.ended(job.id);
    const moved = await change(`${images}/${imageId}`, { split: 'test', label: 'abnormal' });
    expect(moved).toMatchObject({ status: 200, json: { ...before, split: 'test', label: 'abnormal' } });
    expect((await service.get(`/v1/datasets/${dataset.id}`)).json.counts).toEqual({
      total: 4,
      train: { normal: 1, abnormal: 0 },
      test: { normal: 1, abnormal: 2 },
    });
    expect(await idsOf(`${images}?split=test&label=abnormal`)).toContain(imageId);
    expect((await service.get(`${images}/${imageId}/content`)).status).toBe(200);
    expect((await change(`${images}/${imageId}`, {})).problem).toBe('validation-failed');
    expect((await change(`${images}/${unknownId()}`, { split: 'test' })).problem).toBe('not-found');
  });
});

test('a group comes with images, is not parted between train and test, and moves as a whole', async () => {
  const { json: dataset } = await service.post('/v1/datasets', { json: { name: 'groups' } });
  const images = `/v1/datasets/${dataset.id}/images`;
  const upload = (split: string, ...groups: readonly string[]) => {
    const form = new FormData();
    form.set('split', split);
    form.set('label', 'normal');
    for (const [at, group] of groups.entries()) {
      form.append('group', group);
      form.append('file', new File([bitmap(16, 12, at)], `${at}.bmp`));
    }
    return service.post(images, { form });
  };
  const { json: stored } = await upload('train', 'patient-1', 'patient-1', '');
  expect(stored.outcomes.map(({ group }: { group?: string }) => group)).toEqual(['patient-1', 'patient-1', undefined]);
  const parted = await upload('test', 'patient-2', 'patient-1');
  expect(parted).toMatchObject({ status: 409, problem: 'group-parted', json: { group: 'patient-1' } });
  expect((await upload('test', 'line\nbreak')).problem).toBe('validation-failed');
  const [one, two] = await idsOf(`${images}?group=patient-1`);
  expect(await idsOf(images)).toHaveLength(3);
  expect((await change(`${images}/${one}`, { split: 'test' })).problem).toBe('group-parted');
  expect((await change(`${images}/${one}`, { split: 'test', wholeGroup: true })).json.split).toBe('test');
  expect((await service.get(`${images}/${two}`)).json).toMatchObject({ split: 'test', group: 'patient-1' });
  expect((await change(`${images}/${one}`, { group: null, split: 'train' })).json).not.toHaveProperty('group');
});

test('lists of models and jobs are filtered by data set and model', async () => {
  const other = await service.model();
  const { json: scoring } = await service.post('/v1/scorings', { json: { modelId, datasetId: other.dataset.id } });
  await service.ended(scoring.id);
  expect(await idsOf(`/v1/models?datasetId=${datasetId}`)).toEqual([modelId]);
  expect(await idsOf(`/v1/models?datasetId=${unknownId()}`)).toEqual([]);
  expect(await idsOf(`/v1/jobs?datasetId=${other.dataset.id}`)).toEqual([scoring.id, other.jobId]);
  expect(await idsOf(`/v1/jobs?modelId=${modelId}`)).toEqual([scoring.id, jobId]);
  expect(await idsOf(`/v1/jobs?modelId=${modelId}&kind=scoring&datasetId=${datasetId}`)).toEqual([]);
});

describe('forgetting', () => {
  const scoredAndAudited = async () => {
    const dataset = (await service.dataset(2)).id;
    const made = { modelId, datasetId: dataset };
    const jobs = [
      await service.post('/v1/scorings', { json: made }),
      await service.post('/v1/evaluations', { json: made }),
      await service.post(`/v1/datasets/${dataset}/audits`),
    ].map(({ json }) => json.id as string);
    const [scoring, evaluation, audit] = jobs as [string, string, string];
    await service.ended(scoring);
    const { evaluationId } = ((await service.ended(evaluation)) as JobOf<'evaluation'>).result!;
    const { auditId } = ((await service.ended(audit)) as JobOf<'audit'>).result!;
    return { dataset, scoring, evaluationId, auditId, jobs };
  };

  test('a data set takes what was made of it along when asked, and leaves that without', async () => {
    for (const derived of [true, false]) {
      const { dataset, evaluationId, auditId, jobs } = await scoredAndAudited();
      const { status } = await service.delete(`/v1/datasets/${dataset}${derived ? '?derived=true' : ''}`);
      expect(status).toBe(204);
      const paths = [`evaluations/${evaluationId}`, `audits/${auditId}`, ...jobs.map((id) => `jobs/${id}`)];
      const found = await Promise.all(paths.map(async (path) => (await service.get(`/v1/${path}`)).status));
      expect(found).toEqual(paths.map(() => (derived ? 404 : 200)));
    }
    expect((await service.get(`/v1/models/${modelId}`)).status).toBe(200);
  });

  test('an image takes its results along, also for who holds an old tag', async () => {
    const { dataset, scoring, evaluationId } = await scoredAndAudited();
    const [imageId] = await idsOf(`/v1/datasets/${dataset}/images?split=test`);
    const content = `/v1/datasets/${dataset}/images/${imageId}/content`;
    const etag = (await service.get(content)).headers.get('etag')!;
    const results = `/v1/jobs/${scoring}/results`;
    expect((await service.get(`${results}?sort=name`)).json.items).toHaveLength(4);
    expect((await service.delete(`/v1/datasets/${dataset}/images/${imageId}`)).status).toBe(204);
    expect((await service.get(content, { headers: { 'if-none-match': etag } })).status).toBe(404);
    for (const query of ['', '?sort=name'])
      expect((await service.get(`${results}${query}`)).json.items).toHaveLength(3);
    expect((await service.get(`${results}/${imageId}/map`)).status).toBe(404);
    const judged = await service.post(`${results}/${imageId}/verdict`, { json: { verdict: 'normal' } });
    expect(judged.problem).toBe('not-found');
    const { points } = (await service.get(`/v1/evaluations/${evaluationId}/operating-points`)).json;
    expect(points).toHaveLength(2);
  });
});
