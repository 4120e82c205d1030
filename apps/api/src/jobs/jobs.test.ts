import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeImage } from '@mediclip/imaging/direct';
import { readNpy } from '@mediclip/maps';
import { bitmap } from '../testing/bitmaps.js';
import { closeSharedPool, TestService, unknownId } from '../testing/test-service.js';

let service: TestService;
let modelId: string;
let datasetId: string;
let scoringId: string;
beforeAll(async () => {
  service = await TestService.start({
    settings: { queueDepth: 2, tenants: { jobs: 5, bytes: 2 ** 40, datasets: 100, images: 1000 } },
  });
  const made = await service.model();
  modelId = made.modelId;
  datasetId = made.dataset.id;
  const { json } = await service.post('/v1/scorings', { json: { modelId, datasetId, split: 'test' } });
  scoringId = json.id;
  await service.ended(scoringId);
});
afterAll(async () => {
  await service.stop();
  await closeSharedPool();
});

let release: () => void = () => undefined;
const hold = () => {
  service.worker!.hold = new Promise((resolve) => {
    release = resolve;
  });
};
afterEach(() => {
  release();
  service.worker!.hold = undefined;
});
const adapt = () => service.post('/v1/adaptations', { json: { datasetId, shots: 2 } });

describe('jobs', () => {
  test('are made with every option resolved, run, and lead to what they made', async () => {
    const made = await service.post('/v1/adaptations', { json: { datasetId, shots: 2, name: 'Two shots', seed: 7 } });
    expect(made.status).toBe(202);
    expect(made.headers.get('location')).toBe(`/v1/jobs/${made.json.id}`);
    expect(made.json).toMatchObject({
      kind: 'adaptation',
      state: 'queued',
      request: { options: { backbone: 'lite', shots: 2, seed: 7, training: { epochs: expect.any(Number) } } },
    });
    const job = await service.ended(made.json.id);
    expect(job).toMatchObject({ state: 'succeeded', progress: { phase: 'working' }, attempt: 1 });
    const { json: model } = await service.get(`/v1/models/${(job.result as { modelId: string }).modelId}`);
    expect(model).toMatchObject({ name: 'Two shots', calibration: null, lineage: { jobId: job.id } });
    const { json: list } = await service.get('/v1/models?limit=1');
    expect(list.items).toMatchObject([{ id: model.id, shots: 2, backbone: 'lite', calibrated: false }]);
  });

  test('are listed newest first, by state and kind', async () => {
    const { json } = await service.get('/v1/jobs?kind=scoring&state=succeeded');
    expect(json.items).toMatchObject([{ id: scoringId, result: { scored: 2, rejected: 0 } }]);
    expect((await service.get('/v1/jobs?kind=evaluation')).json.items).toEqual([]);
  });

  test('an evaluation leads to its figures', async () => {
    const { json } = await service.post('/v1/evaluations', { json: { modelId, datasetId } });
    const job = await service.ended(json.id);
    const { evaluationId } = job.result as { evaluationId: string };
    expect((await service.get(`/v1/evaluations/${evaluationId}`)).json).toMatchObject({
      modelId,
      image: { auroc: { value: 0.9 } },
    });
    expect((await service.get(`/v1/evaluations/${unknownId()}`)).problem).toBe('not-found');
  });

  test.each([
    ['too many shots', { shots: 3 }, 'too-few-images'],
    ['an unknown backbone', { backbone: 'none', shots: 1 }, 'backbone-unknown'],
    ['missing weights', { backbone: 'clip-vit-l14', shots: 1 }, 'backbone-weights-missing'],
    ['a phrase without text', { shots: 1, prompts: { normal: ['[PAD]'] } }, 'validation-failed'],
    ['taps that are not there', { shots: 1, taps: [4, 900] }, 'validation-failed'],
    ['an option out of range', { shots: 1, training: { epochs: 0 } }, 'validation-failed'],
    ['an unknown data set', { datasetId: unknownId() }, 'not-found'],
  ])('with %s are refused before they begin, and leave nothing', async (_, options, problem) => {
    const { json: backbones } = await service.get('/v1/backbones');
    const absent = backbones.items.find(({ available }: { available: boolean }) => !available).id;
    const asked =
      'backbone' in options && options.backbone === 'clip-vit-l14' ? { ...options, backbone: absent } : options;
    const before = await service.keys();
    const answer = await service.post('/v1/adaptations', { json: { datasetId, ...asked } });
    expect(answer.problem).toBe(problem);
    expect(await service.keys()).toEqual(before);
  });

  test('faults of phrases and taps are named by their place', async () => {
    const json = { datasetId, shots: 1, taps: [4, 900], prompts: { normal: ['clear', '...[SEP]'] } };
    const answer = await service.post('/v1/adaptations', { json });
    expect(answer.json.errors).toMatchObject([{ pointer: '/taps/1' }, { pointer: '/prompts/normal/1' }]);
  });

  test('a scoring or evaluation needs images', async () => {
    const { json: empty } = await service.post('/v1/datasets', { json: { name: 'empty' } });
    for (const target of ['/v1/scorings', '/v1/evaluations']) {
      const answer = await service.post(target, { json: { modelId, datasetId: empty.id } });
      expect(answer).toMatchObject({ status: 422, problem: 'too-few-images', json: { needed: 1, available: 0 } });
      expect((await service.post(target, { json: { modelId: unknownId(), datasetId } })).problem).toBe('not-found');
    }
  });

  test('beyond the depth of the queue are turned away, and leave no record', async () => {
    hold();
    const taken = [];
    for (let i = 0; i < 4; i++) taken.push((await adapt()).json.id);
    const before = await service.keys();
    const refused = await adapt();
    expect(refused).toMatchObject({ status: 429, problem: 'queue-full' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await service.keys()).toEqual(before);
    const metrics = (await service.get('/metrics')).text;
    expect(metrics).toContain('mediclip_queue_depth{kind="adaptation"} 2');
    expect(metrics).toMatch(/mediclip_rejected_total\{reason="queue-full"\} [1-9]/);

    const score = () => service.post('/v1/scorings', { json: { modelId, datasetId } });
    taken.push((await score()).json.id);
    const kept = await service.keys();
    const beyond = await score();
    expect(beyond).toMatchObject({ status: 429, problem: 'too-many-jobs', json: { limit: 5 } });
    expect(Number(beyond.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await service.keys()).toEqual(kept);
    release();
    for (const id of taken) await service.ended(id);
  });

  test('that use a model keep it from being deleted', async () => {
    hold();
    const { json } = await service.post('/v1/scorings', { json: { modelId, datasetId } });
    const refused = await service.delete(`/v1/models/${modelId}`);
    expect(refused).toMatchObject({ status: 409, problem: 'model-in-use', json: { jobIds: [json.id] } });
    release();
    await service.ended(json.id);
  });
});

describe('cancelling', () => {
  test('a waiting job is cancelled at once, and twice changes nothing', async () => {
    hold();
    const running = [await adapt(), await adapt()];
    const { json: waiting } = await adapt();
    const cancelled = await service.post(`/v1/jobs/${waiting.id}/cancel`);
    expect(cancelled).toMatchObject({ status: 202, json: { state: 'cancelled' } });
    expect((await service.post(`/v1/jobs/${waiting.id}/cancel`)).json).toEqual(cancelled.json);
    release();
    for (const { json } of running) await service.ended(json.id);
  });

  test('a running job ends as cancelled, and leaves no model', async () => {
    hold();
    const { json } = await adapt();
    while ((await service.get(`/v1/jobs/${json.id}`)).json.state !== 'running')
      await new Promise((r) => setTimeout(r, 5));
    expect((await service.post(`/v1/jobs/${json.id}/cancel`)).status).toBe(202);
    expect((await service.ended(json.id)).state).toBe('cancelled');
    expect((await service.get('/v1/models')).json.items.map(({ id }: { id: string }) => id)).not.toContain(json.id);
  });

  test('a job that has ended cannot be cancelled, one that is not there is not found', async () => {
    expect((await service.post(`/v1/jobs/${scoringId}/cancel`)).problem).toBe('job-already-ended');
    expect((await service.post(`/v1/jobs/${unknownId()}/cancel`)).problem).toBe('not-found');
    expect((await service.post(`/v1/jobs/${scoringId}/cancel`, { json: { why: 'x' } })).problem).toBe(
      'validation-failed',
    );
  });
});

describe('results of a scoring', () => {
  test('come in pages in order of upload', async () => {
    const first = await service.get(`/v1/jobs/${scoringId}/results?limit=1`);
    expect(first.json.items).toMatchObject([{ fileName: 'normal.bmp', outcome: 'scored', score: 0.75 }]);
    const second = await service.get(`/v1/jobs/${scoringId}/results?limit=1&cursor=${first.json.nextCursor}`);
    expect(second.json.items).toMatchObject([{ fileName: 'abnormal.bmp', label: 'abnormal' }]);
    expect(second.json.nextCursor).toBeUndefined();
  });

  test('say what a false discovery rate flags, in the table too; without a calibration there is none', async () => {
    const request = { modelId, datasetId, falseDiscoveryRate: 0.2 };
    expect(await service.post('/v1/scorings', { json: request })).toMatchObject({
      status: 409,
      problem: 'model-not-calibrated',
    });
    const { jobs, attempts, results } = service.tenant;
    const { items } = (await service.get(`/v1/jobs/${scoringId}/results`)).json;
    const { job } = await jobs.create({ kind: 'scoring', request });
    const { attempt } = await attempts.start(job.id);
    for (const [place, item] of items.entries()) await results.put(attempt, { ...item, pValue: 0.1 + place / 2 });
    const flagged = { images: 1, largestPValue: 0.1 };
    await attempts.end(attempt, { state: 'succeeded', result: { scored: 2, rejected: 0, flagged } });
    const target = `/v1/jobs/${job.id}/results`;
    expect((await service.get(target)).json.items).toMatchObject([{ flagged: true }, { flagged: false }]);
    const { text } = await service.get(target, { headers: { accept: 'text/csv' } });
    expect(text.match(/\b(true|false)\b/g)).toEqual(['true', 'false']);
  });

  test('have maps as overlay and as numbers', async () => {
    const { json } = await service.get(`/v1/jobs/${scoringId}/results`);
    const target = `/v1/jobs/${scoringId}/results/${json.items[0].imageId}/map`;
    const overlay = await service.get(target);
    expect(await decodeImage(overlay.bytes)).toMatchObject({ format: 'png' });
    const numbers = await service.get(target, { headers: { accept: 'application/x-npy' } });
    expect(readNpy(numbers.bytes)).toMatchObject({ shape: [4, 4] });
    expect((await service.get(target, { headers: { accept: 'text/html' } })).problem).toBe('not-acceptable');
    expect((await service.get(`/v1/jobs/${scoringId}/results/${unknownId()}/map`)).problem).toBe('not-found');
  });

  test('are of groups, too: their scores and images, page by page or as a table, with what is promised of them', async () => {
    const { json: own } = await service.post('/v1/datasets', { json: { name: 'groups' } });
    const form = new FormData();
    for (const [name, value] of [
      ['split', 'test'],
      ['label', 'normal'],
      ['group', 'p1'],
    ] as const)
      form.append(name, value);
    for (const at of [1, 2]) form.append('file', new File([bitmap(16, 12, at)], `${at}.bmp`));
    form.append('group', '=p2');
    form.append('label', 'abnormal');
    form.append('file', new File([bitmap(16, 12, 3)], '3.bmp'));
    await service.post(`/v1/datasets/${own.id}/images`, { form });
    const { json: job } = await service.post('/v1/scorings', { json: { modelId, datasetId: own.id } });
    await service.ended(job.id);
    const target = `/v1/jobs/${job.id}/groups`;
    const first = await service.get(`${target}?limit=1`);
    expect(first.json).toMatchObject({
      highest: 3,
      promise: expect.stringContaining('not calibrated'),
      items: [{ group: 'p1', images: 2, label: 'normal', highestImages: [{ fileName: '1.bmp' }, {}] }],
    });
    const second = await service.get(`${target}?limit=1&highest=1&cursor=${first.json.nextCursor}`);
    expect(second.json.items).toMatchObject([
      { group: '=p2', images: 1, label: 'abnormal', score: expect.any(Number) },
    ]);
    expect(second.json).not.toHaveProperty('nextCursor');
    expect((await service.get(`${target}?cursor=x`)).problem).toBe('validation-failed');
    const table = await service.get(target, { headers: { accept: 'text/csv' } });
    expect(table.text).toMatch(/^group,images,label,score,decision,pValue,highestImages\r\np1,2,normal,/);
    expect(table.text).toContain("\r\n'=p2,1,abnormal,");
  });

  test('exist of scorings that have succeeded only', async () => {
    hold();
    const { json: adaptation } = await adapt();
    expect((await service.get(`/v1/jobs/${adaptation.id}/results`)).problem).toBe('job-without-results');
    const { json: scoring } = await service.post('/v1/scorings', { json: { modelId, datasetId } });
    expect((await service.get(`/v1/jobs/${scoring.id}/results`)).problem).toBe('job-not-finished');
    expect((await service.get(`/v1/jobs/${unknownId()}/results`)).problem).toBe('not-found');
    release();
    await service.ended(scoring.id);
    await service.ended(adaptation.id);
  });
});

describe('deleting', () => {
  test('a scoring takes its results along, one that runs is refused, and an old entity tag gets nothing', async () => {
    hold();
    const { json } = await service.post('/v1/scorings', { json: { modelId, datasetId } });
    expect(await service.delete(`/v1/jobs/${json.id}`)).toMatchObject({ status: 409, problem: 'job-not-ended' });
    release();
    await service.ended(json.id);
    const results = `/v1/jobs/${json.id}/results`;
    const [{ imageId }] = (await service.get(results)).json.items;
    expect((await service.delete(`/v1/jobs/${json.id}`)).status).toBe(204);
    const gone = [`/v1/jobs/${json.id}`, results, `${results}/${imageId}/map`, `/v1/jobs/${json.id}/events`];
    for (const target of gone) {
      expect((await service.get(target, { headers: { 'if-none-match': '*' } })).problem).toBe('not-found');
    }
    expect((await service.delete(`/v1/jobs/${json.id}`)).problem).toBe('not-found');
    expect((await service.keys()).filter((key) => key.includes(json.id))).toEqual([]);
  });

  test('an evaluation takes its report along, and its job leaves it', async () => {
    const { json } = await service.post('/v1/evaluations', { json: { modelId, datasetId } });
    const { evaluationId } = (await service.ended(json.id)).result as { evaluationId: string };
    expect((await service.delete(`/v1/jobs/${json.id}`)).status).toBe(204);
    expect((await service.get(`/v1/evaluations/${evaluationId}`)).status).toBe(200);
    expect((await service.delete(`/v1/evaluations/${evaluationId}`)).status).toBe(204);
    for (const rest of ['', '/report', '/operating-points']) {
      expect((await service.get(`/v1/evaluations/${evaluationId}${rest}`)).problem).toBe('not-found');
    }
    expect((await service.keys()).filter((key) => key.includes(evaluationId))).toEqual([]);
  });
});
