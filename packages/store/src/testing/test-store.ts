import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { resolveAdaptationOptions } from '@mediclip/contracts';
import { temporaryFolder } from '@mediclip/testing';
import type { Attempt } from '../jobs/job-record.js';
import type { ModelDescription } from '../models/model-repository.js';
import { openStore, type Store, type StoreOptions, storeOn, type TenantStore } from '../store.js';
import { type MemoryObject, MemoryStore } from './memory-store.js';

export const digest = 'ab'.repeat(32);

/** A store on a folder of its own whose clock can be moved, and one tenant of it. */
export function testStore(url = pathToFileURL(temporaryFolder()).href) {
  return { url, ...tested((options) => openStore(url, options)) };
}

/** The same in memory, on these objects: far faster, for tests that begin many times. */
export function memoryTestStore(objects?: ReadonlyMap<string, MemoryObject>) {
  const memory = new MemoryStore(objects);
  return { memory, ...tested((options) => storeOn(memory, options)) };
}

function tested(open: (options: StoreOptions) => Store) {
  let ahead = 0;
  const store = open({ now: () => Date.now() + ahead });
  return {
    store,
    objects: store.objects,
    tenant: store.tenant('default'),
    prefix: 'tenants/default/',
    advance(ms: number) {
      ahead += ms;
    },
    /** Every key of the tenant, without the tenant's prefix. */
    async keys(): Promise<string[]> {
      const keys: string[] = [];
      for await (const key of store.objects.keys('tenants/default/')) keys.push(key.slice('tenants/default/'.length));
      return keys;
    },
  };
}

/** An adaptation job on a new data set. */
export async function newAdaptation({ datasets, jobs }: TenantStore) {
  const { id: datasetId } = await datasets.create({ name: 'Brain MRI' });
  const options = resolveAdaptationOptions({});
  return jobs.create({ kind: 'adaptation', request: { datasetId, options } });
}

/** A folder with the files of a detector. */
export function detectorFolder(content = 'weights'): string {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, 'detector.onnx'), 'graph');
  writeFileSync(path.join(folder, 'detector.onnx.data'), content);
  return folder;
}

export function modelDescription(jobId: string, datasetId: string): ModelDescription {
  const options = resolveAdaptationOptions({});
  return {
    name: 'Brain MRI',
    configuration: { ...options, taps: [4, 10, 15] },
    lineage: {
      jobId,
      datasetId,
      datasetDigest: digest,
      imageIds: [],
      backbone: 'lite',
      backboneDigest: digest,
      seed: 0,
      device: 'cpu',
      versions: {},
    },
    lossHistory: [{ epoch: 1, loss: 1, focal: 0.5, dice: 0.5 }],
    selectedEpoch: 1,
  };
}

/** A model of an adaptation that succeeded. */
export async function newModel(tenant: TenantStore, content = 'weights') {
  const { job } = await newAdaptation(tenant);
  const { attempt } = await tenant.attempts.start(job.id);
  const model = await publishModel(tenant, attempt, content);
  return { model, job };
}

/** Ends an adaptation with a model. */
export async function publishModel(tenant: TenantStore, attempt: Attempt, content = 'weights') {
  const { job } = await tenant.jobs.get(attempt.jobId);
  const datasetId = job.request.datasetId;
  const model = await tenant.models.create(attempt, modelDescription(job.id, datasetId), detectorFolder(content));
  await tenant.attempts.end(attempt, { state: 'succeeded', result: { modelId: model.id } });
  return model;
}

/** Everything that an async sequence gives. */
export async function collect<T>(sequence: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of sequence) all.push(item);
  return all;
}
