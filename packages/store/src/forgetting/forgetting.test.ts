import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Image } from '@mediclip/contracts';
import { DatasetRepository } from '../datasets/dataset-repository.js';
import { ImageRepository } from '../datasets/image-repository.js';
import { JobNotEnded, RecordInUse, RecordNotFound } from '../errors.js';
import { EvaluationRepository } from '../evaluations/evaluation-repository.js';
import { JobAttempts } from '../jobs/job-attempts.js';
import { JobRepository } from '../jobs/job-repository.js';
import type { ObjectStore } from '../object-store.js';
import { newId } from '../records/ids.js';
import { tenantOf } from '../records/tenant.js';
import { storeOn } from '../store.js';
import { Interrupted, interruptedAfter } from '../testing/interrupted.js';
import { addImage, imageContent, imageDescription } from '../testing/test-images.js';
import { digest, memoryTestStore, newModel } from '../testing/test-store.js';

const pixelDigestOf = (fileName: string) => createHash('sha256').update(fileName).digest('hex');
const bytes = (text: string) => new TextEncoder().encode(text);
const requestOf = (key: string, path: string) => ({ method: 'POST', path, key });

type Fixture = Awaited<ReturnType<typeof made>>;

/** A tenant with a model, a data set of three images, and a scoring, an evaluation and an audit of all. */
async function made() {
  const { tenant, memory } = memoryTestStore();
  const { model, job: adaptation } = await newModel(tenant);
  const dataset = await tenant.datasets.create({ name: 'Ward 3' });
  const images: Image[] = [];
  for (const fileName of ['one.png', 'two.png', 'three.png']) {
    const description = imageDescription({ fileName, split: 'test' });
    images.push(await addImage(tenant.images, dataset.id, description, imageContent(fileName)));
  }
  const request = { modelId: model.id, datasetId: dataset.id };
  const scoring = await score(tenant, request, images);
  const evaluation = await evaluate(tenant, request, images);
  const audit = await auditOf(tenant, dataset.id, images);
  const objects = memory.objects();
  return { model, adaptation, dataset, images, request, scoring, evaluation, audit, objects };
}

let fixture: Fixture;
beforeAll(async () => {
  fixture = await made();
});

/** A store of its own that begins as the fixture. */
function detectorWithResults() {
  return { ...fixture, ...memoryTestStore(fixture.objects) };
}

type Tenant = ReturnType<typeof memoryTestStore>['tenant'];
type Request = { readonly modelId: string; readonly datasetId: string };

/** A scoring whose images somebody has judged and somebody has sorted. */
async function score(tenant: Tenant, request: Request, images: readonly Image[]) {
  const { modelId, datasetId } = request;
  const { job: scoring } = await tenant.jobs.create({ kind: 'scoring', request });
  const { attempt } = await tenant.attempts.start(scoring.id);
  for (const { id: imageId, fileName } of images) {
    const map = { width: 4, height: 4, min: 0, max: 1 };
    const known = { imageId, fileName, split: 'test', label: 'normal', outcome: 'scored' } as const;
    const result = { ...known, score: 0.5, map, regions: [], pixelDigest: pixelDigestOf(fileName) };
    await tenant.results.put(attempt, result, bytes(`map of ${fileName}`));
  }
  const scored = images.length;
  await tenant.attempts.end(attempt, { state: 'succeeded', result: { scored, rejected: 0 } });
  const shadowed = images.map(({ fileName }) => [0, 0, 0, 0, 0, null, null, pixelDigestOf(fileName)] as const);
  const pair = { modelId, shadowModelId: modelId, scored, dropped: 0, failed: 0 };
  await tenant.shadows.update('production', () => ({ schemaVersion: 1, ...pair, ring: shadowed as never }));
  for (const { id: imageId } of images) {
    const verdict = { verdict: 'normal', note: 'a note', at: new Date().toISOString() } as const;
    await tenant.results.judge(scoring.id, imageId, verdict);
    const judged = { imageId, datasetId, jobId: scoring.id, verdict: 'normal', at: verdict.at } as const;
    await tenant.judgedImages.note(modelId, judged);
  }
  await tenant.results.rows(scoring.id);
  return scoring;
}

async function evaluate(tenant: Tenant, request: Request, images: readonly Image[]) {
  const { job } = await tenant.jobs.create({ kind: 'evaluation', request });
  const { attempt } = await tenant.attempts.start(job.id);
  const figure = { value: 0.9 };
  const ofImages = ['auroc', 'averagePrecision', 'f1Max', 'sensitivityAtSpecificity90', 'sensitivityAtSpecificity95'];
  const ofPixels = ['auroc', 'averagePrecision', 'aupro30', 'diceBest', 'diceCalibrated'];
  const figures = (names: string[]) => Object.fromEntries(names.map((name) => [name, figure]));
  const description = {
    ...request,
    datasetDigest: digest,
    images: { normal: images.length, abnormal: 0, masks: 0, rejected: 0 },
    image: figures(ofImages),
    pixel: figures(ofPixels),
    foreign: {
      count: images.length,
      images: images.map(({ id: imageId, fileName, label }) => ({ imageId, fileName, label, foreign: 'inverted' })),
      aurocWithout: figure,
    },
  };
  const shown = images.map(
    ({ id, fileName }) => `<figure class="panel" data-image="${id}"><div class="pictures">${fileName}</div></figure>`,
  );
  const scores = images.map(({ id: imageId, label }) => ({ imageId, label, score: 0.5 }));
  const files = {
    'report.html': bytes(`<html>${shown.join('\n')}</html>`),
    'scores.json': bytes(JSON.stringify(scores)),
  };
  const evaluation = await tenant.evaluations.create(attempt, description as never, files);
  await tenant.attempts.end(attempt, { state: 'succeeded', result: { evaluationId: evaluation.id } });
  return evaluation;
}

/** An audit that has found all images to be copies, and none to belong. */
async function auditOf(tenant: Tenant, datasetId: string, images: readonly Image[]) {
  const { job } = await tenant.jobs.create({ kind: 'audit', request: { datasetId } });
  const { attempt } = await tenant.attempts.start(job.id);
  const alike = images.map(({ id: imageId, fileName, split, label }) => ({ imageId, fileName, split, label }));
  const { id } = await tenant.audits.create(attempt, {
    datasetId,
    datasetDigest: digest,
    images: { audited: images.length, rejected: 0 },
    warnings: [],
    copies: { images: 2, testInTraining: 0, groupCount: 1, groups: [{ kind: 'near', images: alike }] },
    cues: [],
    normals: {
      available: 3,
      inspected: 3,
      outliers: alike.map((image) => ({ ...image, kind: 'other-kind' })),
      isMixed: true,
      advice: '',
    },
  });
  await tenant.attempts.end(attempt, { state: 'succeeded', result: { auditId: id } });
  return tenant.audits.get(id);
}

/** Repositories of a process that dies after so many writes. */
function dyingProcess(objects: ObjectStore, writes: number) {
  const tenant = tenantOf('default', {
    objects: interruptedAfter(writes, objects),
    now: Date.now,
    onJobEvents: () => undefined,
    onDelivery: () => undefined,
  });
  return {
    jobs: new JobRepository(tenant),
    evaluations: new EvaluationRepository(tenant, new JobAttempts(tenant)),
    datasets: new DatasetRepository(tenant),
    images: new ImageRepository(tenant),
  };
}

/** Which objects have one of the names in their key or their bytes, and which name. */
async function namesIn(objects: ObjectStore, keys: () => Promise<string[]>, names: readonly string[]) {
  const found: [string, string][] = [];
  for (const key of await keys()) {
    const text = Buffer.from((await objects.get(`tenants/default/${key}`))!.bytes).toString();
    for (const name of names) if (text.includes(name) || key.includes(name)) found.push([key, name]);
  }
  return found;
}

/** Runs `work` of processes that die after 0, 1, 2 … writes until one gets through. Returns how many died. */
async function diesEverywhere(work: (writes: number) => Promise<void>): Promise<number> {
  for (let writes = 0; ; writes++) {
    try {
      await work(writes);
      return writes;
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
    }
  }
}

describe('deleting a job', () => {
  test('takes its results, maps and verdicts along, and kept answers that name it; nothing else', async () => {
    const { tenant, keys, scoring, model, dataset } = detectorWithResults();
    const datasetBefore = await tenant.datasets.get(dataset.id);
    for (const path of [`/v1/jobs/${scoring.id}/results/x/verdict`, '/v1/other']) {
      const claimed = await tenant.idempotency.claim(requestOf('k', path));
      if (claimed.outcome !== 'claimed') throw new Error('The key is new.');
      await tenant.idempotency.complete(claimed.claim, digest, {
        status: 200,
        headers: {},
        body: 'one.png',
        encoding: 'utf8',
      });
    }
    const before = await keys();
    await tenant.jobs.delete(scoring.id);
    const after = await keys();
    expect(before.filter((key) => !after.includes(key) && !key.startsWith(`jobs/${scoring.id}/`))).toHaveLength(1);
    expect(after.filter((key) => key.includes(scoring.id) || key.startsWith('deletions/'))).toEqual([]);
    expect(await tenant.idempotency.answerTo(requestOf('k', '/v1/other'))).toMatchObject({ body: 'one.png' });
    expect(await tenant.judgedImages.of(model.id)).toEqual([]);
    expect(await tenant.datasets.get(dataset.id)).toEqual(datasetBefore);
    await expect(tenant.jobs.delete(scoring.id)).rejects.toThrow(RecordNotFound);
  });

  test('leaves what it made: a model and an evaluation exist without it, also for deletions of their own', async () => {
    const { tenant, adaptation, model, evaluation } = detectorWithResults();
    await tenant.jobs.delete(adaptation.id);
    await tenant.jobs.delete(evaluation.jobId);
    expect(await tenant.models.get(model.id)).toEqual(model);
    expect(await tenant.evaluations.get(evaluation.id)).toEqual(evaluation);
    expect((await tenant.evaluations.list({ limit: 10 })).items).toEqual([evaluation]);
    await tenant.models.delete(model.id);
    await expect(tenant.models.get(model.id)).rejects.toThrow(RecordNotFound);
  });

  test('is refused until it has ended', async () => {
    const { tenant, model, dataset, keys } = detectorWithResults();
    const request = { modelId: model.id, datasetId: dataset.id };
    const { job } = await tenant.jobs.create({ kind: 'scoring', request });
    const before = await keys();
    await expect(tenant.jobs.delete(job.id)).rejects.toThrow(JobNotEnded);
    expect(await keys()).toEqual(before);
    await tenant.jobs.requestCancel(job.id);
    await tenant.jobs.delete(job.id);
    await expect(tenant.jobs.get(job.id)).rejects.toThrow(RecordNotFound);
  });

  test('leaves no verdict of somebody who judges meanwhile', async () => {
    const { tenant, scoring, images } = detectorWithResults();
    await tenant.jobs.delete(scoring.id);
    const verdict = { verdict: 'normal', at: new Date().toISOString() } as const;
    await expect(tenant.results.judge(scoring.id, images[0]!.id, verdict)).rejects.toThrow(RecordNotFound);
  });
});

describe('deleting an evaluation', () => {
  test('takes its scores and its report along; the job stays', async () => {
    const { tenant, keys, evaluation } = detectorWithResults();
    const report = await tenant.evaluations.openFile(evaluation.id, 'report.html');
    expect((await buffer(report.stream)).toString()).toContain('one.png');
    await tenant.evaluations.delete(evaluation.id);
    expect((await keys()).filter((key) => key.includes(evaluation.id))).toEqual([]);
    await expect(tenant.evaluations.delete(evaluation.id)).rejects.toThrow(RecordNotFound);
    await expect(tenant.evaluations.delete(newId())).rejects.toThrow(RecordNotFound);
    expect((await tenant.jobs.get(evaluation.jobId)).job.state).toBe('succeeded');
  });
});

describe('deleting a data set with what was made of it', () => {
  test('leaves nothing that names it or its images, but the model and other data sets', async () => {
    const { tenant, keys, objects, dataset, images, scoring, evaluation, audit, model, request } =
      detectorWithResults();
    await tenant.jobs.delete((await evaluate(tenant, request, images)).jobId);
    await tenant.datasets.delete(dataset.id, { derived: true });
    for (const gone of [
      tenant.datasets.get(dataset.id),
      tenant.jobs.get(scoring.id),
      tenant.jobs.get(evaluation.jobId),
      tenant.evaluations.get(evaluation.id),
      tenant.audits.get(audit.id),
    ]) {
      await expect(gone).rejects.toThrow(RecordNotFound);
    }
    const forgotten = ['Ward 3', 'a note', ...images.flatMap(({ id, fileName }) => [id, fileName]), dataset.id];
    expect(await namesIn(objects, keys, forgotten)).toEqual([]);
    expect(await tenant.models.get(model.id)).toEqual(model);
    expect(await tenant.datasets.get(model.lineage.datasetId)).toMatchObject({ name: 'Brain MRI' });
  });

  test('goes on at the next sweep when its process dies, before any of its writes; until then it is not there', async () => {
    for (let writes = 0; ; writes++) {
      const { tenant, objects, store, dataset, scoring, keys } = detectorWithResults();
      const died = await dyingProcess(objects, writes)
        .datasets.delete(dataset.id, { derived: true })
        .then(
          () => false,
          () => true,
        );
      if (!died) break;
      if (writes === 0) {
        expect((await tenant.results.list(scoring.id, { limit: 10 })).items).toHaveLength(3);
        expect((await tenant.datasets.get(dataset.id)).counts.total).toBe(3);
        continue;
      }
      await expect(tenant.datasets.get(dataset.id)).rejects.toThrow(RecordNotFound);
      await store.sweep();
      const left = (await keys()).filter((key) => key.includes(dataset.id) || key.includes(scoring.id));
      expect([writes, left]).toEqual([writes, []]);
    }
  });
});

describe('deleting an image', () => {
  /** What clients see of the other two images: the first is not among it anywhere. */
  async function expectOnlyTheOthers({ tenant, dataset, images, scoring, evaluation, audit, model }: Seen) {
    const [gone, ...others] = images as [Image, Image, Image];
    const ids = others.map(({ id }) => id);
    await expect(tenant.images.get(dataset.id, gone.id)).rejects.toThrow(RecordNotFound);
    expect((await tenant.images.list(dataset.id, { limit: 10 })).items).toEqual(others);
    for (const query of [{}, { sort: 'score' }] as const) {
      const { items } = await tenant.results.list(scoring.id, { limit: 10 }, query);
      expect(items.map(({ imageId }) => imageId)).toEqual(ids);
    }
    expect((await tenant.results.rows(scoring.id)).map(({ imageId }) => imageId)).toEqual(ids);
    await expect(tenant.results.get(scoring.id, gone.id)).rejects.toThrow(RecordNotFound);
    await expect(tenant.results.map(scoring.id, gone.id)).rejects.toThrow(RecordNotFound);
    const verdict = { verdict: 'normal', at: gone.createdAt } as const;
    await expect(tenant.results.judge(scoring.id, gone.id, verdict)).rejects.toThrow(RecordNotFound);
    for (const name of ['report.html', 'scores.json']) {
      const text = (await buffer((await tenant.evaluations.openFile(evaluation.id, name)).stream)).toString();
      expect([text.includes(gone.id), text.includes('one.png'), text.includes(ids[0]!)]).toEqual([false, false, true]);
    }
    const { foreign } = await tenant.evaluations.get(evaluation.id);
    expect([foreign?.count, foreign?.images.map(({ imageId }) => imageId)]).toEqual([3, ids]);
    const { copies, normals } = await tenant.audits.get(audit.id);
    for (const named of [copies.groups[0]?.images, normals?.outliers]) {
      expect(named?.map(({ imageId }) => imageId)).toEqual(ids);
    }
    return model;
  }
  type Seen = ReturnType<typeof detectorWithResults>;
  const left = async ({ objects, keys, images: [gone] }: Seen) =>
    namesIn(objects, keys, [gone!.id, gone!.fileName, gone!.sha256, pixelDigestOf(gone!.fileName)]);

  test('leaves nothing of it anywhere; the rest stays', async () => {
    const seen = detectorWithResults();
    const { tenant, dataset, images, model } = seen;
    await tenant.images.delete(dataset.id, images[0]!.id);
    await expectOnlyTheOthers(seen);
    expect(await left(seen)).toEqual([]);
    expect((await tenant.datasets.get(dataset.id)).counts.total).toBe(2);
    expect(await tenant.judgedImages.of(model.id)).toHaveLength(2);
    expect((await tenant.shadows.get('production'))?.ring).toHaveLength(2);
    await expect(tenant.images.delete(dataset.id, images[0]!.id)).rejects.toThrow(RecordNotFound);
    await tenant.images.delete(dataset.id, images[1]!.id);
    expect((await tenant.audits.get(seen.audit.id)).copies.groups).toEqual([]);
  });

  test('is not refused a second time while it is under way, and gives way to a job', async () => {
    const { tenant, dataset, images, request, keys } = detectorWithResults();
    const { job } = await tenant.jobs.create({ kind: 'scoring', request });
    await expect(tenant.images.delete(dataset.id, images[0]!.id)).rejects.toThrow(RecordInUse);
    expect((await keys()).filter((key) => key.startsWith('deletions/'))).toEqual([]);
    await tenant.jobs.requestCancel(job.id);
    const both = await Promise.allSettled([1, 2].map(() => tenant.images.delete(dataset.id, images[0]!.id)));
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await tenant.datasets.get(dataset.id)).counts.total).toBe(2);
  });

  test('leaves no table of results that somebody makes meanwhile', async () => {
    const seen = detectorWithResults();
    const { tenant, memory: objects, dataset, images, scoring } = seen;
    await objects.delete(`tenants/default/jobs/${scoring.id}/result-index.json`);
    const slow = new Proxy(objects, {
      get(target, name) {
        if (name !== 'put') return Reflect.get(target, name).bind(target);
        return async (key: string, body: Uint8Array) => {
          if (key.endsWith('result-index.json')) await tenant.images.delete(dataset.id, images[0]!.id);
          return target.put(key, body);
        };
      },
    });
    await storeOn(slow).tenant('default').results.rows(scoring.id);
    expect(await left(seen)).toEqual([]);
    await expectOnlyTheOthers(seen);
  });

  test('goes on when its process dies, before any of its writes; nobody sees half of it', async () => {
    const died = await diesEverywhere(async (writes) => {
      const seen = detectorWithResults();
      const { tenant, objects, dataset, images, store } = seen;
      try {
        await dyingProcess(objects, writes).images.delete(dataset.id, images[0]!.id);
      } catch (error) {
        if (writes === 0) expect((await tenant.images.list(dataset.id, { limit: 10 })).items).toEqual(images);
        else await expectOnlyTheOthers(seen);
        await store.sweep();
        if (writes > 0) {
          await expectOnlyTheOthers(seen);
          expect([writes, await left(seen)]).toEqual([writes, []]);
          expect((await tenant.datasets.get(dataset.id)).counts.total).toBe(2);
        }
        throw error;
      }
    });
    expect(died).toBeGreaterThan(15);
  });
});

describe('what is older than it may become', () => {
  test('goes with the sweep: jobs, results, evaluations and audits; models and data sets stay', async () => {
    const { tenant, store, advance, keys, model, dataset } = detectorWithResults();
    const day = 86_400_000;
    advance(10 * day);
    const { job: young } = await tenant.jobs.create({ kind: 'audit', request: { datasetId: dataset.id } });
    await store.sweep();
    const before = await keys();
    await store.sweep({ retentionMs: 11 * day });
    expect(await keys()).toEqual(before);
    await store.sweep({ retentionMs: 9 * day });
    const left = (await keys()).filter((key) => /^(jobs|evaluations|audits|deletions)\//.test(key));
    expect(left).toEqual([`jobs/${young.id}/job.json`]);
    expect(await tenant.models.get(model.id)).toEqual(model);
    expect((await tenant.datasets.get(dataset.id)).counts.total).toBe(3);
  });
});

describe('forgetting a tenant', () => {
  test('leaves nothing of it, and goes on when its process dies', async () => {
    for (const writes of [1, 2, 20]) {
      const { memory, store, keys } = detectorWithResults();
      const dying = storeOn(interruptedAfter(writes, memory) as typeof memory);
      await expect(dying.tenant('default').forgetting.forgetAll()).rejects.toThrow(Interrupted);
      expect(await keys()).not.toEqual([]);
      await store.sweep();
      expect(await keys()).toEqual([]);
    }
  });
});

describe('a deletion whose process dies, before any of its writes,', () => {
  test('of a job: it is whole or not there, and the sweep removes the rest of it', async () => {
    const { tenant, objects, keys, model, request, images } = detectorWithResults();
    await tenant.judgedImages.forget(model.id, () => true);
    let deaths = 0;
    const died = await diesEverywhere(async (writes) => {
      const scoring = await score(tenant, request, images);
      try {
        await dyingProcess(objects, writes).jobs.delete(scoring.id);
      } catch (error) {
        const isThere = await tenant.jobs.get(scoring.id).then(
          () => true,
          () => false,
        );
        if (isThere) {
          expect((await tenant.results.list(scoring.id, { limit: 10 })).items).toHaveLength(3);
          expect(await tenant.judgedImages.of(model.id)).toHaveLength(3);
        }
        await tenant.forgetting.resume();
        const left = (await keys()).filter((key) => key.includes(scoring.id) || key.startsWith('deletions/'));
        if (writes > 0) expect([left, await tenant.judgedImages.of(model.id)]).toEqual([[], []]);
        else expect(isThere).toBe(true);
        if (isThere && writes === 0) await tenant.jobs.delete(scoring.id);
        deaths++;
        throw error;
      }
    });
    expect([deaths, died > 8]).toEqual([died, true]);
  });

  test('of an evaluation', async () => {
    const died = await diesEverywhere(async (writes) => {
      const { tenant, store, objects, evaluation, keys } = detectorWithResults();
      try {
        await dyingProcess(objects, writes).evaluations.delete(evaluation.id);
      } catch (error) {
        await store.sweep();
        const left = (await keys()).filter((key) => key.includes(evaluation.id));
        if (writes > 0) expect(left).toEqual([]);
        else expect(await tenant.evaluations.get(evaluation.id)).toEqual(evaluation);
        throw error;
      }
    });
    expect(died).toBeGreaterThan(3);
  });
});
