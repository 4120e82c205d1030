import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { DicomResultKind, JobOf } from '@mediclip/contracts';
import { ReferenceVault } from '@mediclip/dicomweb';
import { StoreUnavailable } from '@mediclip/store';
import { ctSlice, sliceUids, temporaryFolder, until } from '@mediclip/testing';
import { FakePacs } from '../../testing/fake-pacs.js';
import { TestService, type TestWorker } from '../../testing/test-service.js';

let service: TestService;
let pacs: FakePacs;
let worker: TestWorker;
let datasetId: string;
const referencesKey = 'k'.repeat(44);
/** A data set is nearly full with what one import brings. */
const datasetImages = 21;

beforeAll(async () => {
  service = await TestService.start();
  pacs = await FakePacs.start();
  const folder = temporaryFolder();
  const headerFile = (name: string, value: string) => {
    const file = path.join(folder, name);
    writeFileSync(file, value);
    return { Authorization: file };
  };
  const servers = [
    { name: 'pacs', url: pacs.url, headerFiles: headerFile('right', pacs.credential) },
    { name: 'locked', url: pacs.url, headerFiles: headerFile('wrong', 'Bearer wrong') },
  ];
  service.settings = { ...service.settings, datasetImages, dicomweb: { referencesKey, servers } };
  worker = await service.startWorker();
});

beforeEach(async () => {
  pacs.reset();
  datasetId = await service.dataset();
});

afterAll(async () => {
  pacs.stop();
  await service.stop();
});

/** Slices of a study, all of them in the PACS. */
function study(count: number): void {
  for (let number = 1; number <= count; number++) pacs.add(sliceUids(1, number), ctSlice(1, number));
}

function startImport({ server = 'pacs', limit = 100 } = {}): Promise<string> {
  const request = { datasetId, server, query: { Modality: 'CT' }, limit, split: 'test', label: 'normal' } as const;
  return service.submit(worker.jobQueue, { kind: 'dicomweb-import', request });
}

async function images() {
  return (await service.tenant.images.list(datasetId, { limit: 100 })).items;
}

/** The UIDs of the instances that the images come from, by their sealed references. */
async function sopInstanceUids(): Promise<string[]> {
  const vault = new ReferenceVault(referencesKey);
  const references = await Promise.all((await images()).map((image) => service.tenant.images.reference(image)));
  return references.map((sealed) => vault.open(sealed!, datasetId).sopInstanceUid);
}

const uidsUpTo = (count: number) => Array.from({ length: count }, (_, at) => sliceUids(1, at + 1).sopInstanceUid);

describe('an import', () => {
  test('takes what the query finds, in order, and says why it did not take the others', async () => {
    study(3);
    pacs.add(sliceUids(2, 1));
    pacs.add(sliceUids(2, 2), Buffer.from('no DICOM'));
    pacs.add(sliceUids(2, 3), ctSlice(2, 3, { '0008103e': ['LO', 'MediCLIP regions (research)'] }));
    pacs.add(sliceUids(2, 4), Buffer.concat([ctSlice(2, 4), Buffer.alloc(2 ** 20)]));
    pacs.add(sliceUids(2, 5), ctSlice(2, 6));
    const job = await service.ended(await startImport());
    expect(job).toMatchObject({
      state: 'succeeded',
      progress: { phase: 'fetching', done: 8, total: 8 },
      result: { found: 8, stored: 3, rejected: 5 },
    });
    const { reasons } = (job as JobOf<'dicomweb-import'>).result!;
    // Two that the server does not have, or has another one in the place of.
    expect(reasons.map(({ instances }) => instances)).toEqual([2, 1, 1, 1]);
    expect(await images()).toMatchObject(
      [1, 2, 3].map((number) => ({
        fileName: `instance-${number}.dcm`,
        split: 'test',
        label: 'normal',
        format: 'dicom',
      })),
    );
    expect(await sopInstanceUids()).toEqual(uidsUpTo(3));
  });

  test('takes no more than its limit', async () => {
    study(3);
    const id = await startImport({ limit: 2 });
    expect(await service.ended(id)).toMatchObject({ result: { found: 2, stored: 2, rejected: 0 } });
    expect(pacs.fetched).toHaveLength(2);
  });

  test('goes on where its worker stopped, on the instances that were found when it began', async () => {
    study(20);
    pacs.holdAfter = 18;
    const id = await startImport();
    await until(() => (pacs.isHolding ? true : undefined));
    pacs.add(sliceUids(1, 21), ctSlice(1, 21));
    await worker.worker.stop(0);
    expect(await images()).toHaveLength(16);
    pacs.release();

    worker = await service.startWorker();
    expect(await service.ended(id)).toMatchObject({ attempt: 2, result: { found: 20, stored: 20, rejected: 0 } });
    expect(await sopInstanceUids()).toEqual(uidsUpTo(20));
    expect(pacs.fetched).toHaveLength(19 + 4);
  });

  test('has no image twice, and counts none twice in a data set that is nearly full, when it died before it could note that it had them', async () => {
    study(18);
    const { objects } = service.store;
    const put = objects.put.bind(objects);
    let notes = 0;
    const spy = jest.spyOn(objects, 'put').mockImplementation((key, ...rest) => {
      // The first note is of the instances that were found, the second of those that are done.
      if (key.includes('/scratch/') && ++notes === 2) throw new StoreUnavailable('The store is away.');
      return put(key, ...rest);
    });
    const id = await startImport();
    expect(await service.ended(id)).toMatchObject({ attempt: 2, result: { found: 18, stored: 18, rejected: 0 } });
    spy.mockRestore();
    expect(await sopInstanceUids()).toEqual(uidsUpTo(18));
    expect((await service.tenant.images.counts(datasetId)).total).toBe(18);
    expect(pacs.fetched).toHaveLength(16 + 18);
  });

  test('ends at once when it is cancelled, and keeps the chunks that it has', async () => {
    study(20);
    pacs.holdAfter = 17;
    const id = await startImport();
    await until(() => (pacs.isHolding ? true : undefined));
    await service.cancel(worker.jobQueue, id);
    expect(await service.ended(id)).toMatchObject({ state: 'cancelled' });
    expect(await sopInstanceUids()).toEqual(uidsUpTo(16));
    expect(pacs.fetched).toHaveLength(18);
  });

  test('ends when the PACS has died in the middle and does not come back, and keeps the chunks that it has', async () => {
    study(20);
    pacs.cutAfter = 17;
    const job = await service.ended(await startImport());
    expect(job).toMatchObject({ state: 'failed', error: { type: '/problems/dicomweb-unreachable' } });
    expect(await sopInstanceUids()).toEqual(uidsUpTo(16));
    expect(pacs.fetched.slice(17)).toEqual(Array(3).fill(pacs.fetched[17]));
  });

  test('ends with wrong credentials at once, in a sentence that tells none', async () => {
    study(1);
    const job = await service.ended(await startImport({ server: 'locked' }));
    expect(job).toMatchObject({
      state: 'failed',
      attempt: 1,
      error: {
        type: '/problems/dicomweb-refused',
        detail: 'The DICOMweb server locked does not accept the credentials (401): check its files of headers.',
      },
    });
    expect(pacs.requests).toEqual(['GET instances']);
  });
});

describe('results', () => {
  const kinds: DicomResultKind[] = ['secondary-capture', 'segmentation', 'structured-report'];
  let modelId: string;

  beforeAll(async () => {
    modelId = await service.model(worker);
  });

  beforeEach(async () => {
    study(2);
    await service.ended(await startImport());
  });

  async function scored(server?: string): Promise<JobOf<'scoring'>> {
    const request = { modelId, datasetId, ...(server !== undefined && { dicomResults: { server, kinds } }) };
    return (await service.ended(
      await service.submit(worker.jobQueue, { kind: 'scoring', request }),
    )) as JobOf<'scoring'>;
  }

  async function pushed(scoringId: string, server: string): Promise<JobOf<'dicomweb-push'>> {
    const request = { scoringId, modelId, datasetId, server, kinds };
    const id = await service.submit(worker.jobQueue, { kind: 'dicomweb-push', request });
    return (await service.ended(id)) as JobOf<'dicomweb-push'>;
  }

  test('go to the server with what it says of the patient, and again as the same objects', async () => {
    const { id } = await scored();
    const first = await pushed(id, 'pacs');
    expect(first).toMatchObject({ state: 'succeeded' });
    expect(first.result!.objects).toBe(pacs.received.size);
    const files = [...pacs.received.values()];
    const count = (words: string) => files.filter((file) => file.includes(`MediCLIP ${words} (research)`)).length;
    expect([count('heat maps'), count('regions'), count('scores')]).toEqual([2, 2, 1]);
    for (const file of files) {
      expect(file.toString('latin1', 128, 132)).toBe('DICM');
      expect(file.includes('Mustermann^Erika')).toBe(true);
      expect(file.includes(sliceUids(1, 1).studyUid)).toBe(true);
    }
    // The PACS refuses copies, so that a second push says of everything that it is there.
    expect(await pushed(id, 'pacs')).toMatchObject({ state: 'succeeded', result: first.result });
    expect(pacs.received.size).toBe(files.length);
  });

  test('go by themselves where a scoring says so, and are not lost with wrong credentials', async () => {
    const scoring = await scored('pacs');
    const push = await service.ended(scoring.result!.pushJobId!);
    expect(push).toMatchObject({ kind: 'dicomweb-push', state: 'succeeded' });
    expect(pacs.received.size).toBeGreaterThanOrEqual(3);

    const refused = await scored('locked');
    expect(refused).toMatchObject({ state: 'succeeded', result: { scored: 2 } });
    expect(await service.ended(refused.result!.pushJobId!)).toMatchObject({
      state: 'failed',
      attempt: 1,
      error: { type: '/problems/dicomweb-refused' },
    });
    expect(await pushed(refused.id, 'pacs')).toMatchObject({ state: 'succeeded' });
  });

  test('go once, though the scoring that has them sent is attempted twice', async () => {
    const { objects } = service.store;
    const put = objects.put.bind(objects);
    const jobIds: string[] = [];
    let isAway = false;
    const spy = jest.spyOn(objects, 'put').mockImplementation((key, bytes, ...rest) => {
      const [, id] = /\/jobs\/([^/]+)\/job\.json$/.exec(key) ?? [];
      if (id !== undefined && !jobIds.includes(id)) jobIds.push(id);
      // The job that sends is there, and the scoring cannot say that it has succeeded.
      const isEnd = id === jobIds[0] && bytes instanceof Uint8Array && Buffer.from(bytes).includes('"succeeded"');
      if (!isAway && jobIds.length === 2 && isEnd) {
        isAway = true;
        throw new StoreUnavailable('The store is away.');
      }
      return put(key, bytes, ...rest);
    });
    const scoring = await scored('pacs');
    spy.mockRestore();
    expect([scoring.attempt, isAway]).toEqual([2, true]);
    const push = await service.ended(scoring.result!.pushJobId!);
    expect(push).toMatchObject({ state: 'succeeded', result: { objects: pacs.received.size } });
    const { items } = await service.tenant.jobs.list({ limit: 100 }, { kind: 'dicomweb-push' });
    const ofScoring = items.filter((job) => 'scoringId' in job.request && job.request.scoringId === scoring.id);
    expect(ofScoring.map(({ id }) => id)).toEqual([push.id]);
  });

  test('stay where they are when the key has changed, and of images without references', async () => {
    const { id } = await scored();
    const { servers } = service.settings.dicomweb;
    service.settings = { ...service.settings, dicomweb: { servers, referencesKey: 'x'.repeat(44) } };
    worker = await service.startWorker();
    expect(await pushed(id, 'pacs')).toMatchObject({ error: { type: '/problems/references-sealed-otherwise' } });

    datasetId = await service.dataset({ normal: 1 });
    const other = await scored();
    expect(await pushed(other.id, 'pacs')).toMatchObject({ error: { type: '/problems/study-without-references' } });
    expect(pacs.received.size).toBe(0);
  });
});
