import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import type { Image } from '@mediclip/contracts';
import { DatasetRepository } from '../datasets/dataset-repository.js';
import { JobNotEnded, RecordNotFound } from '../errors.js';
import { EvaluationRepository } from '../evaluations/evaluation-repository.js';
import { JobAttempts } from '../jobs/job-attempts.js';
import { JobRepository } from '../jobs/job-repository.js';
import type { ObjectStore } from '../object-store.js';
import { newId } from '../records/ids.js';
import { tenantOf } from '../records/tenant.js';
import { Interrupted, interruptedAfter } from '../testing/interrupted.js';
import { addImage, imageContent, imageDescription } from '../testing/test-images.js';
import { digest, newModel, testStore } from '../testing/test-store.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const requestOf = (key: string, path: string) => ({ method: 'POST', path, key });

/** A tenant with a model, a data set of two images, and a scoring and an evaluation of both. */
async function detectorWithResults() {
  const made = testStore();
  const { tenant } = made;
  const { model, job: adaptation } = await newModel(tenant);
  const dataset = await tenant.datasets.create({ name: 'Ward 3' });
  const images: Image[] = [];
  for (const fileName of ['one.png', 'two.png']) {
    const description = imageDescription({ fileName, split: 'test' });
    images.push(await addImage(tenant.images, dataset.id, description, imageContent(fileName)));
  }
  const request = { modelId: model.id, datasetId: dataset.id };
  const scoring = await score(tenant, request, images);
  const evaluation = await evaluate(tenant, request);
  return { ...made, model, adaptation, dataset, images, request, scoring, evaluation };
}

type Tenant = ReturnType<typeof testStore>['tenant'];
type Request = { readonly modelId: string; readonly datasetId: string };

/** A scoring whose images somebody has judged and somebody has sorted. */
async function score(tenant: Tenant, request: Request, images: readonly Image[]) {
  const { modelId, datasetId } = request;
  const { job: scoring } = await tenant.jobs.create({ kind: 'scoring', request });
  const { attempt } = await tenant.attempts.start(scoring.id);
  for (const { id: imageId, fileName } of images) {
    const map = { width: 4, height: 4, min: 0, max: 1 };
    const known = { imageId, fileName, split: 'test', label: 'normal', outcome: 'scored' } as const;
    const result = { ...known, score: 0.5, map, regions: [] };
    await tenant.results.put(attempt, result, bytes(`map of ${fileName}`));
  }
  await tenant.attempts.end(attempt, { state: 'succeeded', result: { scored: 2, rejected: 0 } });
  for (const { id: imageId } of images) {
    const verdict = { verdict: 'normal', note: 'a note', at: new Date().toISOString() } as const;
    await tenant.results.judge(scoring.id, imageId, verdict);
    const judged = { imageId, datasetId, jobId: scoring.id, verdict: 'normal', at: verdict.at } as const;
    await tenant.judgedImages.note(modelId, judged);
  }
  await tenant.results.rows(scoring.id);
  return scoring;
}

async function evaluate(tenant: Tenant, request: Request) {
  const { job } = await tenant.jobs.create({ kind: 'evaluation', request });
  const { attempt } = await tenant.attempts.start(job.id);
  const figure = { value: 0.9 };
  const ofImages = ['auroc', 'averagePrecision', 'f1Max', 'sensitivityAtSpecificity90', 'sensitivityAtSpecificity95'];
  const ofPixels = ['auroc', 'averagePrecision', 'aupro30', 'diceBest', 'diceCalibrated'];
  const figures = (names: string[]) => Object.fromEntries(names.map((name) => [name, figure]));
  const description = {
    ...request,
    datasetDigest: digest,
    images: { normal: 2, abnormal: 0, masks: 0, rejected: 0 },
    image: figures(ofImages),
    pixel: figures(ofPixels),
  };
  const files = { 'report.html': bytes('<html>'), 'scores.json': bytes('[]') };
  const evaluation = await tenant.evaluations.create(attempt, description as never, files);
  await tenant.attempts.end(attempt, { state: 'succeeded', result: { evaluationId: evaluation.id } });
  return evaluation;
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
  };
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
    const { tenant, keys, scoring, model, dataset } = await detectorWithResults();
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
    const { tenant, adaptation, model, evaluation } = await detectorWithResults();
    await tenant.jobs.delete(adaptation.id);
    await tenant.jobs.delete(evaluation.jobId);
    expect(await tenant.models.get(model.id)).toEqual(model);
    expect(await tenant.evaluations.get(evaluation.id)).toEqual(evaluation);
    expect((await tenant.evaluations.list({ limit: 10 })).items).toEqual([evaluation]);
    await tenant.models.delete(model.id);
    await expect(tenant.models.get(model.id)).rejects.toThrow(RecordNotFound);
  });

  test('is refused until it has ended', async () => {
    const { tenant, model, dataset, keys } = await detectorWithResults();
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
    const { tenant, scoring, images } = await detectorWithResults();
    await tenant.jobs.delete(scoring.id);
    const verdict = { verdict: 'normal', at: new Date().toISOString() } as const;
    await expect(tenant.results.judge(scoring.id, images[0]!.id, verdict)).rejects.toThrow(RecordNotFound);
  });
});

describe('deleting an evaluation', () => {
  test('takes its scores and its report along; the job stays', async () => {
    const { tenant, keys, evaluation } = await detectorWithResults();
    const report = await tenant.evaluations.openFile(evaluation.id, 'report.html');
    expect((await buffer(report.stream)).toString()).toBe('<html>');
    await tenant.evaluations.delete(evaluation.id);
    expect((await keys()).filter((key) => key.includes(evaluation.id))).toEqual([]);
    await expect(tenant.evaluations.delete(evaluation.id)).rejects.toThrow(RecordNotFound);
    await expect(tenant.evaluations.delete(newId())).rejects.toThrow(RecordNotFound);
    expect((await tenant.jobs.get(evaluation.jobId)).job.state).toBe('succeeded');
  });
});

describe('deleting a data set with what was made of it', () => {
  test('leaves nothing that names it or its images, but the model and other data sets', async () => {
    const { tenant, keys, objects, dataset, images, scoring, evaluation, model, request } = await detectorWithResults();
    await tenant.jobs.delete((await evaluate(tenant, request)).jobId);
    await tenant.datasets.delete(dataset.id, { derived: true });
    for (const gone of [
      tenant.datasets.get(dataset.id),
      tenant.jobs.get(scoring.id),
      tenant.jobs.get(evaluation.jobId),
      tenant.evaluations.get(evaluation.id),
    ]) {
      await expect(gone).rejects.toThrow(RecordNotFound);
    }
    const forgotten = ['Ward 3', 'a note', 'one.png', 'two.png', dataset.id, ...images.map(({ id }) => id)];
    for (const key of await keys()) {
      const text = Buffer.from((await objects.get(`tenants/default/${key}`))!.bytes).toString();
      expect([key, forgotten.filter((name) => text.includes(name) || key.includes(name))]).toEqual([key, []]);
    }
    expect(await tenant.models.get(model.id)).toEqual(model);
    expect(await tenant.datasets.get(model.lineage.datasetId)).toMatchObject({ name: 'Brain MRI' });
  });

  test('goes on at the next sweep when its process dies, before any of its writes; until then it is not there', async () => {
    for (let writes = 0; ; writes = writes * 2 || 1) {
      const { tenant, objects, store, dataset, scoring, keys, advance } = await detectorWithResults();
      const died = await dyingProcess(objects, writes)
        .datasets.delete(dataset.id, { derived: true })
        .then(
          () => false,
          () => true,
        );
      if (!died) break;
      if (writes === 0) {
        expect((await tenant.results.list(scoring.id, { limit: 10 })).items).toHaveLength(2);
        expect((await tenant.datasets.get(dataset.id)).counts.total).toBe(2);
        continue;
      }
      await expect(tenant.datasets.get(dataset.id)).rejects.toThrow(RecordNotFound);
      if (writes === 1) advance(3_600_000);
      await store.sweep();
      const left = (await keys()).filter((key) => key.includes(dataset.id) || key.includes(scoring.id));
      expect([writes, left]).toEqual([writes, []]);
    }
  });
});

describe('a deletion whose process dies, before any of its writes,', () => {
  test('of a job: it is whole or not there, and the sweep removes the rest of it', async () => {
    const { tenant, objects, keys, model, request, images } = await detectorWithResults();
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
          expect((await tenant.results.list(scoring.id, { limit: 10 })).items).toHaveLength(2);
          expect(await tenant.judgedImages.of(model.id)).toHaveLength(2);
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
      const { tenant, store, objects, evaluation, keys } = await detectorWithResults();
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
