import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import type { Calibration } from '@mediclip/contracts';
import { temporaryFolder } from '@mediclip/testing';
import { DamagedContent, InvalidKey, RecordNotFound } from '../errors.js';
import { newId } from '../records/ids.js';
import { openStore } from '../store.js';
import {
  detectorFolder,
  digest,
  modelDescription,
  newAdaptation,
  newModel,
  publishModel,
  testStore,
} from '../testing/test-store.js';

describe('models', () => {
  test('exist once their job has succeeded, with the files of the folder', async () => {
    const { tenant } = testStore();
    const { job } = await newAdaptation(tenant);
    const { attempt, stored } = await tenant.attempts.start(job.id);
    const model = await tenant.models.create(
      attempt,
      modelDescription(job.id, job.request.datasetId),
      detectorFolder(),
    );
    expect(model).toMatchObject({
      id: stored.resultId,
      sizeBytes: 'graph'.length + 'weights'.length,
      calibration: null,
    });
    await expect(tenant.models.get(model.id)).rejects.toThrow(RecordNotFound);
    expect(await tenant.models.list({ limit: 10 })).toEqual({ items: [] });
    await tenant.attempts.end(attempt, { state: 'succeeded', result: { modelId: model.id } });
    expect(await tenant.models.get(model.id)).toEqual(model);
    const { backbone, preset, shots } = model.configuration;
    const { datasetId } = model.lineage;
    const shown = { id: model.id, name: model.name, createdAt: model.createdAt, backbone, preset, shots, datasetId };
    expect(await tenant.models.list({ limit: 10 })).toEqual({ items: [{ ...shown, calibrated: false }] });
    expect(await tenant.models.files(model.id)).toMatchObject([
      { name: 'detector.onnx' },
      { name: 'detector.onnx.data' },
    ]);
    const folder = await tenant.models.fetch(model.id, temporaryFolder());
    expect(readFileSync(path.join(folder, 'detector.onnx.data'), 'utf8')).toBe('weights');
  });

  test('are found with one reading of their job, once that has succeeded', async () => {
    const { tenant, objects } = testStore();
    const { model, job } = await newModel(tenant);
    await tenant.models.get(model.id);
    const get = jest.spyOn(objects, 'get');
    await tenant.models.get(model.id);
    expect(get.mock.calls.filter(([key]) => key.includes(job.id))).toEqual([]);
    expect(get).toHaveBeenCalledTimes(1);
  });

  test('have records that are parsed once while they do not change, and shared by their readers', async () => {
    const { tenant } = testStore();
    const { model } = await newModel(tenant);
    const [one, other] = [await tenant.models.get(model.id), await tenant.models.get(model.id)];
    expect(other.configuration).toBe(one.configuration);
    expect(() => Object.assign(one.configuration, { shots: 0 })).toThrow(TypeError);
    await tenant.models.change(model.id, { name: 'Changed' });
    expect(await tenant.models.get(model.id)).toEqual({ ...one, name: 'Changed' });
  });

  test('have lists that read a few megabytes of their records at once where no summaries are there, and none later', async () => {
    const { store } = testStore();
    const tenants = ['one', 'two'].map((name) => store.tenant(name));
    const { model, job } = await newModel(tenants[0]!);
    const values = Array.from({ length: 20_000 }, (_, index) => index / 20_000);
    const calibration: Calibration = {
      ...{ alpha: 0.1, threshold: 0.5, images: values.length, scores: values, scoreLogits: values, mapPeaks: values },
      ...{ datasetId: newId(), datasetDigest: digest, jobId: job.id, createdAt: model.createdAt },
    };
    const { id: _id, sizeBytes, digest: _digest, importedAt, ...described } = model;
    const imported = await tenants[0]!.models.addImported(newId(), { ...described, calibration }, detectorFolder());
    const record = await store.objects.get(`tenants/one/models/${imported.id}/model.json`);
    for (const name of ['one', 'two']) {
      for (let n = 0; n < 9; n++) {
        const id = newId();
        const copy = new TextDecoder().decode(record!.bytes).replace(imported.id, id);
        await store.objects.put(`tenants/${name}/models/${id}/model.json`, new TextEncoder().encode(copy));
      }
    }
    const get = store.objects.get.bind(store.objects);
    let reading = 0;
    let mostReading = 0;
    let read = 0;
    Object.assign(store.objects, {
      async get(key: string) {
        const bytes = (await store.objects.head(key))?.sizeBytes ?? 0;
        reading += bytes;
        read += bytes;
        mostReading = Math.max(mostReading, reading);
        return get(key).finally(() => {
          reading -= bytes;
        });
      },
    });
    const pages = await Promise.all(tenants.map((tenant) => tenant.models.list({ limit: 50 })));
    expect(pages.map(({ items }) => items.length)).toEqual([11, 9]);
    expect(read).toBeGreaterThan(11 * 2 ** 20);
    expect(mostReading).toBeLessThan(9 * 2 ** 20);

    read = 0;
    expect(await tenants[0]!.models.list({ limit: 50 })).toEqual(pages[0]);
    expect(read).toBeLessThan(50_000);
  });

  test('are listed without their records, as another process left them', async () => {
    const { tenant, objects, url, keys } = testStore();
    const other = openStore(url).tenant('default');
    const { model } = await newModel(tenant);
    const get = jest.spyOn(objects, 'get');
    const recordsRead = () => get.mock.calls.filter(([key]) => key.endsWith('/model.json')).length;
    const listed = async () => (await tenant.models.list({ limit: 10 })).items;
    expect(await listed()).toMatchObject([{ name: 'Brain MRI', calibrated: false }]);
    expect(recordsRead()).toBe(0);

    await other.models.change(model.id, { name: 'Another' });
    expect(await listed()).toMatchObject([{ name: 'Another' }]);
    expect(await listed()).toMatchObject([{ name: 'Another' }]);
    expect(recordsRead()).toBe(1);

    const summary = `tenants/default/models/${model.id}/summary.json`;
    await objects.put(summary, new TextEncoder().encode('{}'));
    expect(await listed()).toMatchObject([{ name: 'Another' }]);
    expect(recordsRead()).toBe(2);

    // A list that has read the record when the deletion comes.
    await objects.delete(summary);
    get.mockImplementationOnce(async () => undefined);
    get.mockImplementationOnce(async (key) => {
      const read = await openStore(url).objects.get(key);
      await other.models.delete(model.id);
      return read;
    });
    await listed();
    expect(await listed()).toEqual([]);
    expect((await keys()).filter((key) => key.startsWith('models/'))).toEqual([]);
  });

  test('a model that an attempt left before it died is the one that the next attempt publishes', async () => {
    const { tenant, keys } = testStore();
    const { job } = await newAdaptation(tenant);
    const { attempt } = await tenant.attempts.start(job.id);
    const description = modelDescription(job.id, job.request.datasetId);
    const left = await tenant.models.create(attempt, description, detectorFolder('of the first attempt'));
    const { attempt: next } = await tenant.attempts.start(job.id);
    expect(await publishModel(tenant, next, 'of the second attempt')).toEqual(left);
    const folder = await tenant.models.fetch(left.id, temporaryFolder());
    expect(readFileSync(path.join(folder, 'detector.onnx.data'), 'utf8')).toBe('of the first attempt');
    expect((await keys()).filter((key) => key.startsWith('models/'))).toHaveLength(4);
  });

  test('are fetched to a local folder once, whole, and checked', async () => {
    const { tenant, store } = testStore();
    const { model } = await newModel(tenant);
    const cache = temporaryFolder();
    const folders = await Promise.all([1, 2, 3].map(() => tenant.models.fetch(model.id, cache)));
    expect(new Set(folders)).toEqual(new Set([path.join(cache, model.digest)]));
    expect(readdirSync(folders[0]!).sort()).toEqual(['detector.onnx', 'detector.onnx.data']);
    expect(readFileSync(path.join(folders[0]!, 'detector.onnx.data'), 'utf8')).toBe('weights');

    const key = (await store.objects.list(`tenants/default/models/${model.id}/files-`, { limit: 1 }))[0]!.key;
    await store.objects.put(key, new TextEncoder().encode('changed'));
    const emptyCache = temporaryFolder();
    await expect(tenant.models.fetch(model.id, emptyCache)).rejects.toThrow(DamagedContent);
    await store.objects.delete(key);
    await expect(tenant.models.fetch(model.id, emptyCache)).rejects.toThrow(DamagedContent);
    expect(readdirSync(emptyCache)).toEqual(['.fetching']);
    expect(readdirSync(path.join(emptyCache, '.fetching'))).toEqual([]);
    expect(await tenant.models.fetch(model.id, cache)).toBe(folders[0]);
  });

  test('are deleted with everything', async () => {
    const { tenant, keys } = testStore();
    const { model } = await newModel(tenant);
    await tenant.models.delete(model.id);
    await expect(tenant.models.get(model.id)).rejects.toThrow(RecordNotFound);
    await expect(tenant.models.delete(model.id)).rejects.toThrow(RecordNotFound);
    expect((await keys()).filter((key) => key.startsWith('models/'))).toEqual([]);
  });

  test('take the threshold of their latest calibration', async () => {
    const { tenant } = testStore();
    const { model } = await newModel(tenant);
    const { id: datasetId } = await tenant.datasets.create({ name: 'a' });
    const calibrate = async (threshold: number, start: () => Promise<{ id: string }>) => {
      const { id: jobId } = await start();
      const { attempt } = await tenant.attempts.start(jobId);
      const calibration = {
        alpha: 0.05,
        threshold,
        images: 2,
        scores: [threshold - 0.1, threshold],
        datasetId,
        datasetDigest: digest,
        jobId,
        createdAt: model.createdAt,
      };
      return tenant.models.calibrate(attempt, model.id, calibration);
    };
    const newJob = async () =>
      (await tenant.jobs.create({ kind: 'calibration', request: { modelId: model.id, datasetId, alpha: 0.05 } })).job;
    const [older, newer] = [await newJob(), await newJob()];
    expect((await calibrate(0.7, async () => newer)).calibration?.threshold).toBe(0.7);
    expect((await calibrate(0.6, async () => older)).calibration?.threshold).toBe(0.7);
    expect((await calibrate(0.8, newJob)).calibration?.threshold).toBe(0.8);
    expect((await tenant.models.get(model.id)).calibration?.threshold).toBe(0.8);
  });

  test.each(['Detector.onnx', '..hidden', 'a b'])('a folder with the file name %j is refused', async (name) => {
    const { tenant } = testStore();
    const { job } = await newAdaptation(tenant);
    const { attempt } = await tenant.attempts.start(job.id);
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, name), 'x');
    const creation = tenant.models.create(attempt, modelDescription(job.id, job.request.datasetId), folder);
    await expect(creation).rejects.toThrow(InvalidKey);
  });

  test('stay while an evaluation compares with them', async () => {
    const { tenant } = testStore();
    const [{ model }, { model: baseline }] = [await newModel(tenant), await newModel(tenant)];
    const { id: datasetId } = await tenant.datasets.create({ name: 'a' });
    const request = { modelId: model.id, datasetId, baselineModelId: baseline.id };
    const { job } = await tenant.jobs.create({ kind: 'evaluation', request });
    await expect(tenant.models.delete(baseline.id)).rejects.toMatchObject({ jobIds: [job.id] });
    await tenant.jobs.requestCancel(job.id);
    await tenant.models.delete(baseline.id);
    await expect(tenant.jobs.create({ kind: 'evaluation', request })).rejects.toThrow(RecordNotFound);
  });

  test('that were made elsewhere exist at once, with their own lineage and calibration', async () => {
    const { tenant } = testStore();
    const { model: exported } = await newModel(testStore().tenant);
    const { id: _, sizeBytes, digest: modelDigest, ...said } = exported;
    const calibration = {
      alpha: 0.5,
      threshold: 0.4,
      images: 1,
      scores: [0.4],
      datasetId: said.lineage.datasetId,
      datasetDigest: digest,
      jobId: said.lineage.jobId,
      createdAt: said.createdAt,
    };
    const id = newId();
    const imported = await tenant.models.addImported(id, { ...said, calibration }, detectorFolder());
    expect(imported).toEqual({
      ...said,
      id,
      calibration,
      importedAt: expect.any(String),
      sizeBytes,
      digest: modelDigest,
    });
    expect(await tenant.models.get(id)).toEqual(imported);
    expect(await tenant.models.addImported(id, { ...said, calibration: null }, detectorFolder())).toEqual(imported);
    expect(readdirSync(await tenant.models.fetch(id, temporaryFolder()))).toHaveLength(2);
    await tenant.models.delete(id);
    expect((await tenant.models.list({ limit: 1 })).items).toEqual([]);
  });

  test('whose import died leave nothing after a day', async () => {
    const { store, tenant, objects, prefix, advance, keys } = testStore();
    await objects.put(`${prefix}models/${newId()}/files-imported/detector.json`, new Uint8Array(1));
    await store.sweep();
    expect(await keys()).toHaveLength(1);
    advance(86_400_001);
    await tenant.models.sweep();
    expect(await keys()).toEqual([]);
  });
});
