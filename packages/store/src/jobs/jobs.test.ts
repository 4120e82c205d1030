import { describe, expect, test } from '@jest/globals';
import { RecordInUse, RecordNotFound, StaleAttempt } from '../errors.js';
import { newId } from '../records/ids.js';
import { addImage, imageContent, imageDescription } from '../testing/test-images.js';
import {
  collect,
  detectorFolder,
  modelDescription,
  newAdaptation,
  newModel,
  testStore,
} from '../testing/test-store.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const error = { type: '/problems/training-diverged', title: 't', status: 422, detail: 'd' };
const progress = { phase: 'training', done: 1, total: 100, loss: 0.4 };

describe('the life of a job', () => {
  test('from queued over running to succeeded, with its events', async () => {
    const { tenant } = testStore();
    const { jobs, attempts } = tenant;
    const created = await newAdaptation(tenant);
    const { id } = created.job;
    expect(await jobs.get(id)).toEqual(created);
    expect((await collect(jobs.unfinished())).map(({ job }) => job.id)).toEqual([id]);
    expect(await jobs.events(id)).toMatchObject([{ id: 1, type: 'state', state: 'queued' }]);

    const { attempt, stored } = await attempts.start(id);
    expect(stored.job).toMatchObject({ state: 'running', attempt: 1, startedAt: expect.any(String) });
    expect((await attempts.progress(attempt, progress)).job.progress).toEqual(progress);
    const result = { modelId: stored.resultId };
    expect((await attempts.end(attempt, { state: 'succeeded', result })).job).toMatchObject({
      state: 'succeeded',
      result,
    });
    await attempts.end(attempt, { state: 'succeeded', result });

    expect(await jobs.events(id, 2)).toMatchObject([
      { id: 3, type: 'progress', progress },
      { id: 4, type: 'state', state: 'succeeded' },
      { id: 5, type: 'end', job: { id, state: 'succeeded', result, finishedAt: expect.any(String) } },
    ]);
    expect(await jobs.events(id, 5)).toEqual([]);
    expect(await collect(jobs.unfinished())).toEqual([]);
  });

  test('jobs are listed newest first, by state and kind', async () => {
    const { tenant } = testStore();
    const { model } = await newModel(tenant);
    const { id: datasetId } = await tenant.datasets.create({ name: 'a' });
    const ids = [];
    for (let i = 0; i < 3; i++) {
      ids.unshift((await tenant.jobs.create({ kind: 'scoring', request: { modelId: model.id, datasetId } })).job.id);
    }
    const listed = async (filter = {}) => (await tenant.jobs.list({ limit: 10 }, filter)).items.map(({ id }) => id);
    expect((await listed()).slice(0, 3)).toEqual(ids);
    expect(await listed({ kind: 'scoring', state: 'queued' })).toEqual(ids);
    expect(await listed({ kind: 'adaptation', state: 'queued' })).toEqual([]);
    expect((await tenant.jobs.list({ limit: 2 }, { kind: 'scoring' })).nextCursor).toBe(ids[1]);
  });

  test('a job that nobody has begun can be withdrawn without a trace, one that was begun cannot', async () => {
    const { tenant, keys } = testStore();
    const begun = await newAdaptation(tenant);
    await tenant.attempts.start(begun.job.id);
    const before = await keys();
    const { job } = await tenant.jobs.create({ kind: 'adaptation', request: begun.job.request as never });
    expect(await tenant.jobs.withdraw(job.id)).toBe(true);
    expect(await tenant.jobs.withdraw(job.id)).toBe(true);
    expect(await tenant.jobs.withdraw(begun.job.id)).toBe(false);
    expect(await keys()).toEqual(before);
  });

  test('a job needs its data set and its model', async () => {
    const { tenant, keys } = testStore();
    const { model } = await newModel(tenant);
    const before = await keys();
    const request = { modelId: model.id, datasetId: newId() };
    await expect(tenant.jobs.create({ kind: 'scoring', request })).rejects.toThrow(RecordNotFound);
    const { id: datasetId } = await tenant.datasets.create({ name: 'a' });
    await expect(tenant.jobs.create({ kind: 'scoring', request: { modelId: newId(), datasetId } })).rejects.toThrow(
      RecordNotFound,
    );
    await tenant.datasets.delete(datasetId);
    expect(await keys()).toEqual(before);
  });
});

describe('attempts', () => {
  test('a worker that was superseded can neither report, keep, end, nor give back', async () => {
    const { tenant, keys } = testStore();
    const { attempts, models, results } = tenant;
    const { job } = await newAdaptation(tenant);
    const { attempt: frozen } = await attempts.start(job.id);
    await attempts.putScratch(frozen, 'checkpoint', bytes('step 10'));
    const { attempt: successor } = await attempts.start(job.id);
    await attempts.putScratch(successor, 'checkpoint', bytes('step 20'));
    const before = await keys();
    const stored = await tenant.jobs.get(job.id);
    for (const late of [
      attempts.progress(frozen, progress),
      attempts.putScratch(frozen, 'checkpoint', bytes('step 11')),
      attempts.getScratch(frozen, 'checkpoint'),
      attempts.release(frozen),
      attempts.end(frozen, { state: 'failed', error }),
      models.create(frozen, {} as never, '/nowhere'),
      results.put(frozen, {} as never),
    ]) {
      await expect(late).rejects.toThrow(StaleAttempt);
    }
    expect(await keys()).toEqual(before);
    expect(await tenant.jobs.get(job.id)).toEqual(stored);
    expect(Buffer.from((await attempts.getScratch(successor, 'checkpoint'))!).toString()).toBe('step 20');
  });

  test('hand on what they kept, and it goes with the end of the job', async () => {
    const { tenant, keys } = testStore();
    const { attempts } = tenant;
    const { job } = await newAdaptation(tenant);
    const first = (await attempts.start(job.id)).attempt;
    expect(await attempts.getScratch(first, 'checkpoint')).toBeUndefined();
    for (const step of ['1', '2', '3']) await attempts.putScratch(first, 'checkpoint', bytes(step));
    await attempts.putScratch(first, 'images', bytes('[]'));
    expect((await keys()).filter((key) => key.includes('/scratch/'))).toHaveLength(2);
    expect((await attempts.release(first)).job.state).toBe('queued');
    const second = (await attempts.start(job.id)).attempt;
    expect(Buffer.from((await attempts.getScratch(second, 'checkpoint'))!).toString()).toBe('3');
    await attempts.end(second, { state: 'failed', error });
    expect((await keys()).filter((key) => key.includes('/scratch/'))).toEqual([]);
    await expect(attempts.start(job.id)).rejects.toThrow(StaleAttempt);
  });

  test('that write at the same time lose nothing', async () => {
    const { tenant } = testStore();
    const { job } = await newAdaptation(tenant);
    const { attempt } = await tenant.attempts.start(job.id);
    await Promise.all([
      ...Array.from({ length: 6 }, (_, done) => tenant.attempts.progress(attempt, { ...progress, done })),
      tenant.attempts.putScratch(attempt, 'checkpoint', bytes('c')),
      tenant.attempts.putScratch(attempt, 'images', bytes('i')),
      tenant.jobs.requestCancel(job.id),
    ]);
    const stored = await tenant.jobs.get(job.id);
    expect(stored.lastEventId).toBe(2 + 6);
    expect(Object.keys(stored.scratch).sort()).toEqual(['checkpoint', 'images']);
    expect(stored.cancelRequestedAt).toBeDefined();
  });
});

describe('cancelling', () => {
  test('a waiting job is over at once', async () => {
    const { tenant, keys } = testStore();
    const { job } = await newAdaptation(tenant);
    expect((await tenant.jobs.requestCancel(job.id)).job.state).toBe('cancelled');
    await expect(tenant.attempts.start(job.id)).rejects.toThrow(StaleAttempt);
    expect((await keys()).filter((key) => key.startsWith('active-jobs/'))).toEqual([]);
  });

  test('a running job is told with its progress, and leaves no model behind', async () => {
    const { tenant, keys } = testStore();
    const { job } = await newAdaptation(tenant);
    const { attempt, stored } = await tenant.attempts.start(job.id);
    const description = modelDescription(job.id, job.request.datasetId);
    await tenant.models.create(attempt, description, detectorFolder());
    expect((await tenant.jobs.requestCancel(job.id)).job.state).toBe('running');
    expect((await tenant.attempts.progress(attempt, progress)).cancelRequestedAt).toBeDefined();
    const ended = await tenant.attempts.end(attempt, { state: 'succeeded', result: { modelId: stored.resultId } });
    expect(ended.job).toMatchObject({ state: 'cancelled' });
    expect((await keys()).filter((key) => key.startsWith('models/'))).toEqual([]);
    await expect(tenant.models.get(stored.resultId)).rejects.toThrow(RecordNotFound);
  });

  test('a job whose worker died is cancelled by whoever takes it up next, or given up', async () => {
    const { tenant } = testStore();
    for (const end of ['start', 'giveUp'] as const) {
      const { job } = await newAdaptation(tenant);
      const { attempt } = await tenant.attempts.start(job.id);
      await tenant.jobs.requestCancel(job.id);
      if (end === 'start') await expect(tenant.attempts.start(job.id)).rejects.toThrow(StaleAttempt);
      else await tenant.jobs.giveUp(job.id, error);
      expect((await tenant.jobs.get(job.id)).job.state).toBe('cancelled');
      await expect(tenant.attempts.progress(attempt, progress)).rejects.toThrow(StaleAttempt);
    }
  });
});

describe('deleting what jobs use', () => {
  test('is refused until the jobs have ended, and names them', async () => {
    const { tenant } = testStore();
    const { model } = await newModel(tenant);
    const { id: datasetId } = await tenant.datasets.create({ name: 'a' });
    const image = await addImage(tenant.images, datasetId, imageDescription(), imageContent('pixels'));
    const { job } = await tenant.jobs.create({ kind: 'scoring', request: { modelId: model.id, datasetId } });
    for (const deletion of [
      () => tenant.datasets.delete(datasetId),
      () => tenant.images.delete(datasetId, image.id),
      () => tenant.models.delete(model.id),
    ]) {
      await expect(deletion()).rejects.toMatchObject({ constructor: RecordInUse, jobIds: [job.id] });
    }
    expect((await tenant.datasets.get(datasetId)).counts.total).toBe(1);
    await tenant.jobs.giveUp(job.id, error);
    await tenant.models.delete(model.id);
    await tenant.datasets.delete(datasetId);
    await expect(tenant.models.get(model.id)).rejects.toThrow(RecordNotFound);
  });

  test('a job and a deletion that meet never both succeed', async () => {
    const { tenant } = testStore();
    for (let round = 0; round < 10; round++) {
      const { id: datasetId } = await tenant.datasets.create({ name: 'a' });
      const { model } =
        round === 0 ? await newModel(tenant) : { model: (await tenant.models.list({ limit: 1 })).items[0]! };
      const [job, deletion] = await Promise.allSettled([
        tenant.jobs.create({ kind: 'scoring', request: { modelId: model.id, datasetId } }),
        tenant.datasets.delete(datasetId),
      ]);
      expect(job.status === 'fulfilled' && deletion.status === 'fulfilled').toBe(false);
      if (job.status === 'fulfilled') {
        await tenant.datasets.get(datasetId);
        await tenant.jobs.giveUp(job.value.job.id, error);
      }
    }
  });

  test('a deletion whose process died is ended by the sweep, one that a job came before is undone', async () => {
    const { tenant, store, keys } = testStore();
    const before = await keys();
    const mark = async (datasetId: string) => {
      const key = `tenants/default/datasets/${datasetId}/dataset.json`;
      const { revision, ...record } = JSON.parse(Buffer.from((await store.objects.get(key))!.bytes).toString());
      const marked = { revision: revision + 1, ...record, deletingSince: new Date().toISOString() };
      await store.objects.put(key, bytes(JSON.stringify(marked)));
      await expect(tenant.datasets.get(datasetId)).rejects.toThrow(RecordNotFound);
    };
    const { id } = await tenant.datasets.create({ name: 'a' });
    await addImage(tenant.images, id, imageDescription(), imageContent('pixels'));
    await mark(id);
    await store.sweep();
    expect(await keys()).toEqual(before);

    const { job } = await newAdaptation(tenant);
    await mark(job.request.datasetId);
    await store.sweep();
    expect(await tenant.datasets.get(job.request.datasetId)).toMatchObject({ id: job.request.datasetId });
  });
});

describe('sweeping', () => {
  test('tidies up behind jobs that ended, and drops markers of jobs that were never created', async () => {
    const { tenant, store, keys, advance } = testStore();
    const { job } = await newAdaptation(tenant);
    const marker = `tenants/default/active-jobs/${job.id}.json`;
    const { bytes: content } = (await store.objects.get(marker))!;
    await tenant.jobs.giveUp(job.id, error);
    const before = await keys();
    await store.objects.put(marker, content);
    const orphan = newId();
    const orphanContent = Buffer.from(content).toString().replace(job.id, orphan);
    await store.objects.put(`tenants/default/active-jobs/${orphan}.json`, bytes(orphanContent));
    await expect(tenant.datasets.delete(job.request.datasetId)).rejects.toMatchObject({ jobIds: [orphan] });
    await store.sweep();
    expect(await keys()).toHaveLength(before.length + 1);
    advance(600_001);
    await store.sweep();
    expect(await keys()).toEqual(before);
  });
});

describe('results of a scoring', () => {
  test('the first result of an image stays; pages go in order of upload; a failed job leaves none', async () => {
    const { tenant, keys } = testStore();
    const { model } = await newModel(tenant);
    const { id: datasetId } = await tenant.datasets.create({ name: 'a' });
    const { job } = await tenant.jobs.create({ kind: 'scoring', request: { modelId: model.id, datasetId } });
    const { attempt } = await tenant.attempts.start(job.id);
    const resultOf = (imageId: string, score: number) => ({
      imageId,
      fileName: 'scan.png',
      split: 'test' as const,
      label: 'normal' as const,
      outcome: 'scored' as const,
      score,
      map: { width: 1, height: 1, min: 0, max: 1 },
      regions: [],
    });
    const ids = Array.from({ length: 5 }, newId);
    for (const id of ids) expect(await tenant.results.put(attempt, resultOf(id, 0.5), bytes('map'))).toBe(true);
    const { attempt: next } = await tenant.attempts.start(job.id);
    expect(await tenant.results.put(next, resultOf(ids[0]!, 0.9), bytes('other map'))).toBe(false);
    expect(await tenant.results.get(job.id, ids[0]!)).toEqual(resultOf(ids[0]!, 0.5));
    expect(Buffer.from(await tenant.results.map(job.id, ids[0]!)).toString()).toBe('map');
    const first = await tenant.results.list(job.id, { limit: 3 });
    expect(first.items.map(({ imageId }) => imageId)).toEqual(ids.slice(0, 3));
    const second = await tenant.results.list(job.id, { limit: 3, cursor: first.nextCursor });
    expect(second.items.map(({ imageId }) => imageId)).toEqual(ids.slice(3));
    expect(second.nextCursor).toBeUndefined();
    await expect(tenant.results.get(job.id, newId())).rejects.toThrow(RecordNotFound);
    await tenant.attempts.end(next, { state: 'failed', error });
    expect((await keys()).filter((key) => /\/(results|maps)\//.test(key))).toEqual([]);
  });
});
