import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Job } from '@mediclip/contracts';
import { boundaryOf, readParts, readRelatedHead, relatedBody } from '@mediclip/multipart';
import { dicom, type FileIdentity } from '../testing/dicom.js';
import { calibrationOf } from '../testing/fake-worker.js';
import { closeSharedPool, TestService } from '../testing/test-service.js';

let service: TestService;
let modelId: string;
beforeAll(async () => {
  const dicomweb = {
    referencesKey: 'k'.repeat(44),
    servers: [{ name: 'pacs', url: 'http://127.0.0.1:9/', headerFiles: {} }],
  };
  service = await TestService.start({ settings: { images: { maximumBytes: 20_000 }, dicomweb } });
  ({ modelId } = await service.model());
  await service.send('PUT', '/v1/aliases/production', { json: { modelId } });
});
afterAll(async () => {
  await service.stop();
  await closeSharedPool();
});

const ct = '1.2.840.10008.5.1.4.1.1.2';
const pixels = (first: number) => Uint8Array.from({ length: 80 }, (_, at) => (first + at * 3) % 256);

/** Slice `number` of a study. */
function slice(study: number, number: number, more: FileIdentity = {}): Buffer {
  const uid = `1.2.3.${study}`;
  return dicom(10, 8, [pixels(number)], {
    sopClassUid: ct,
    sopInstanceUid: `${uid}.1.${number}`,
    studyUid: uid,
    seriesUid: `${uid}.1`,
    ...more,
  });
}

const stow = (path: string, parts: readonly Uint8Array[]) => {
  const { bytes, contentType } = relatedBody('application/dicom', parts);
  return service.post(path, { body: bytes, headers: { 'content-type': contentType } });
};
const newDataset = async (): Promise<string> =>
  (await service.post('/v1/datasets', { json: { name: 'PACS' } })).json.id;
const intoDataset = (id: string) => `/v1/datasets/${id}/dicomweb/studies?split=test&label=abnormal`;
const intoModel = '/v1/models/@production/dicomweb/studies';
const failures = (answer: { json: { '00081198'?: { Value: { '00081197': { Value: number[] } }[] } } }) =>
  answer.json['00081198']?.Value.map((item) => item['00081197'].Value[0]);
const datasetCount = async () => (await service.get('/v1/datasets?limit=100')).json.items.length;

describe('STOW-RS into a data set', () => {
  test('stores the images of all instances, each answered by its UIDs', async () => {
    const id = await newDataset();
    const answer = await stow(intoDataset(id), [slice(1, 1), slice(1, 2)]);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/dicom+json');
    const stored = (number: number) => ({
      '00081150': { vr: 'UI', Value: [ct] },
      '00081155': { vr: 'UI', Value: [`1.2.3.1.1.${number}`] },
    });
    expect(answer.json).toEqual({ '00081199': { vr: 'SQ', Value: [stored(1), stored(2)] } });
    const { json } = await service.get(`/v1/datasets/${id}/images`);
    expect(json.items.map((image: { split: string; label: string; fileName: string }) => image)).toMatchObject([
      { split: 'test', label: 'abnormal', fileName: 'instance-1.dcm' },
      { split: 'test', label: 'abnormal', fileName: 'instance-2.dcm' },
    ]);
    expect(JSON.stringify(json)).not.toMatch(/1\.2\.3\.1|Mustermann/);
    expect([...new Set(json.items.map(({ group }: { group: string }) => group))]).toEqual([
      expect.stringMatching(/^series-[0-9a-f]{32}$/),
    ]);
    const parted = await stow(`/v1/datasets/${id}/dicomweb/studies?split=train&label=normal`, [slice(1, 3)]);
    expect(parted).toMatchObject({ status: 409, problem: 'group-parted' });
  });

  test('says of every instance that it cannot take why, and takes the others', async () => {
    const id = await newDataset();
    const report = dicom(10, 8, [new Uint8Array(80)], {
      sopInstanceUid: '1.2.9',
      sopClassUid: ct,
      studyUid: '1',
      seriesUid: '1',
    });
    const answer = await stow(intoDataset(id), [
      slice(2, 1),
      Buffer.from('no DICOM at all'),
      slice(2, 2, { sopInstanceUid: 'x' }),
      report.subarray(0, report.length - 92),
      slice(2, 3, { manufacturer: 'MediCLIP' }),
      slice(2, 4, { seriesDescription: 'MediCLIP heat maps (research)' }),
      Buffer.concat([slice(2, 5), Buffer.alloc(30_000)]),
      slice(2, 6).subarray(0, 380),
    ]);
    expect(answer.status).toBe(202);
    expect(failures(answer)).toEqual([0xc000, 0xa900, 0x0122, 0x0124, 0x0124, 0xa700, 0xc000]);
    expect(answer.json['00081199'].Value).toHaveLength(1);
    expect((await service.get(`/v1/datasets/${id}`)).json.counts.total).toBe(1);
    expect((await stow(intoDataset(id), [slice(2, 1, { sopInstanceUid: 'x' })])).status).toBe(409);
  });

  test('reads chunks, quoted boundaries and no more than what is allowed', async () => {
    const id = await newDataset();
    const boundary = 'a b:c';
    const body = Buffer.concat([
      Buffer.from(`preamble\r\n--${boundary}\r\nContent-Type: application/dicom; transfer-syntax=*\r\n\r\n`),
      slice(3, 1),
      Buffer.from(`\r\n--${boundary}--\r\nepilogue`),
    ]);
    const chunked = new ReadableStream({
      start(controller) {
        for (let at = 0; at < body.length; at += 7) controller.enqueue(body.subarray(at, at + 7));
        controller.close();
      },
    });
    const contentType = `Multipart/Related;TYPE="application/dicom" ; boundary="${boundary}"`;
    const answer = await service.post(intoDataset(id), { body: chunked, headers: { 'content-type': contentType } });
    expect(answer.status).toBe(200);
  });

  test.each([
    [
      'another type of part',
      'multipart/related; type="application/dicom+json"; boundary=b',
      415,
      'unsupported-media-type',
    ],
    ['another media type', 'application/dicom', 415, 'unsupported-media-type'],
    ['no boundary', 'multipart/related; type="application/dicom"', 400, 'malformed-multipart'],
    ['a boundary that never comes', 'multipart/related; boundary=other', 400, 'malformed-multipart'],
  ])('refuses %s', async (_, contentType, status, problem) => {
    const body = Buffer.from('--b\r\nContent-Type: application/dicom\r\n\r\nx\r\n--b--\r\n');
    const answer = await service.post(intoDataset(await newDataset()), {
      body,
      headers: { 'content-type': contentType },
    });
    expect(answer).toMatchObject({ status, problem });
    expect(service.temporaryFiles).toEqual([]);
  });

  test('refuses a body without parts, and a data set that is not there', async () => {
    expect(await stow(intoDataset(await newDataset()), [])).toMatchObject({
      status: 400,
      problem: 'malformed-multipart',
    });
    expect((await stow(intoDataset(modelId), [slice(4, 1)])).problem).toBe('not-found');
    expect((await stow(`/v1/datasets/${await newDataset()}/dicomweb/studies`, [slice(4, 1)])).problem).toBe(
      'validation-failed',
    );
  });
});

describe('STOW-RS into a model', () => {
  test('scores each study by a job of its own', async () => {
    const answer = await stow(intoModel, [slice(5, 1), slice(6, 1), slice(5, 2)]);
    expect(answer.status).toBe(200);
    const jobs = [...answer.headers.get('link')!.matchAll(/<([^>]+)>; rel="monitor"/g)].map(([, path]) => path!);
    expect(jobs).toHaveLength(2);
    const ended = await Promise.all(jobs.map((path) => service.ended(path.split('/').at(-1)!)));
    expect(ended.map((job) => (job as Extract<Job, { kind: 'scoring' }>).result)).toEqual([
      { scored: 2, rejected: 0 },
      { scored: 1, rejected: 0 },
    ]);
  });

  test('groups what it scores by series, as the sender asks, or as the calibration was grouped', async () => {
    const twoSeries = [slice(14, 1), slice(14, 2, { seriesUid: '1.2.3.14.2' })];
    const groupsOf = async (query: string) => {
      const answer = await stow(`${intoModel}${query}`, twoSeries);
      const jobId = /<\/v1\/jobs\/([^>]+)>/.exec(answer.headers.get('link')!)![1]!;
      await service.ended(jobId);
      return (await service.get(`/v1/jobs/${jobId}/groups`)).json.items.map(({ group }: { group: string }) => group);
    };
    expect(await groupsOf('')).toEqual([expect.stringMatching(/^series-/), expect.stringMatching(/^series-/)]);
    expect(await groupsOf('?dicomGroups=study')).toEqual([expect.stringMatching(/^study-/)]);

    const { dataset } = await service.model();
    const { jobs, attempts, models } = service.tenant;
    const { job } = await jobs.create({ kind: 'calibration', request: { modelId, datasetId: dataset.id, alpha: 0.1 } });
    const { attempt } = await attempts.start(job.id);
    const groups = { highest: 3, count: 1, scores: [0.5], dicomGroups: 'study' as const };
    await models.calibrate(attempt, modelId, { ...calibrationOf(job.id, dataset.id, 0.5), groups });
    await attempts.end(attempt, { state: 'succeeded', result: { modelId, threshold: 0.5, images: 20 } });
    expect(await groupsOf('')).toEqual([expect.stringMatching(/^study-/)]);
  });

  test('scores what a study grows by beside it, be the study scored by then or not', async () => {
    const sent = await Promise.all([1, 2, 3].map((number) => stow(intoModel, [slice(13, number)])));
    const jobs = await Promise.all(
      sent.map(({ headers }) => service.ended(/<\/v1\/jobs\/([^>]+)>/.exec(headers.get('link')!)![1]!)),
    );
    const scorings = jobs as Extract<Job, { kind: 'scoring' }>[];
    expect(scorings.map(({ result }) => result)).toEqual(Array(3).fill({ scored: 1, rejected: 0 }));
    expect(new Set(scorings.map(({ request }) => request.datasetId)).size).toBe(3);
  });

  test('sends results where the model says, unless the alias says otherwise', async () => {
    const dicomResults = { server: 'none', kinds: ['secondary-capture'] };
    const change = (json: unknown) => service.send('PATCH', `/v1/models/${modelId}`, { json });
    expect((await change({ dicomResults })).problem).toBe('dicomweb-server-unknown');
    const known = { ...dicomResults, server: 'pacs' };
    expect((await change({ dicomResults: known })).json.dicomResults).toEqual(known);
    const sentOf = async (number: number) => {
      const answer = await stow(intoModel, [slice(12, number)]);
      const jobId = /<\/v1\/jobs\/([^>]+)>/.exec(answer.headers.get('link')!)![1]!;
      return ((await service.ended(jobId)) as Extract<Job, { kind: 'scoring' }>).request.dicomResults;
    };
    expect(await sentOf(1)).toEqual(known);
    const ofAlias = { ...known, kinds: ['segmentation'] };
    await service.send('PUT', '/v1/aliases/production', { json: { modelId, dicomResults: ofAlias } });
    expect(await sentOf(2)).toEqual(ofAlias);
    await service.send('PUT', '/v1/aliases/production', { json: { modelId, dicomResults: null } });
    expect((await change({ name: 'Same' })).json.dicomResults).toEqual(known);
    expect((await change({ dicomResults: null })).json).not.toHaveProperty('dicomResults');
  });

  test('leaves nothing of a study without an image that can be scored, results of its own among them', async () => {
    const before = await datasetCount();
    const answer = await stow(intoModel, [slice(7, 1, { manufacturer: 'MediCLIP' }), slice(8, 1).subarray(0, 380)]);
    expect(answer.status).toBe(409);
    expect(answer.headers.get('link')).toBeNull();
    expect(await datasetCount()).toBe(before);
  });
});

describe('the results of a study', () => {
  const resultsOf = (scoringId: string, kind: string) => service.get(`/v1/studies/${scoringId}/results/${kind}`);
  let scoringId: string;
  beforeAll(async () => {
    const answer = await stow(intoModel, [slice(9, 1), slice(9, 2)]);
    scoringId = /<\/v1\/jobs\/([^>]+)>/.exec(answer.headers.get('link')!)![1]!;
    await service.ended(scoringId);
  });

  test.each([
    ['secondary-capture', 'heat maps', 2],
    ['segmentation', 'regions', 2],
    ['structured-report', 'scores', 1],
  ])('are DICOM objects of the kind %s, with nothing of the patient but UIDs', async (kind, words, count) => {
    const { status, headers, bytes } = await resultsOf(scoringId, kind);
    expect(status).toBe(200);
    const contentType = headers.get('content-type')!;
    expect(contentType).toMatch(/^multipart\/related; type="application\/dicom"; boundary=/);
    const files: Buffer[] = [];
    const body = (async function* () {
      yield bytes;
    })();
    for await (const { content, mediaType } of readParts(body, boundaryOf(contentType), readRelatedHead)) {
      expect(mediaType).toBe('application/dicom');
      files.push(await buffer(content));
    }
    expect(files).toHaveLength(count);
    for (const file of files) {
      expect(file.toString('latin1', 128, 132)).toBe('DICM');
      for (const text of [`MediCLIP ${words} (research)`, '1.2.3.9']) expect(file.includes(text)).toBe(true);
      expect(file.includes('Mustermann')).toBe(false);
    }
    expect((await resultsOf(scoringId, kind)).bytes.length).toBe(bytes.length);
  });

  test('are not there without references, without a scoring, or on a server that nobody named', async () => {
    const { id: datasetId } = await service.dataset();
    const { json: job } = await service.post('/v1/scorings', { json: { modelId, datasetId } });
    await service.ended(job.id);
    expect((await resultsOf(job.id, 'structured-report')).problem).toBe('study-without-references');
    expect((await resultsOf(modelId, 'structured-report')).problem).toBe('not-found');
    expect((await resultsOf(scoringId, 'radiograph')).problem).toBe('validation-failed');
    const ofServer = await service.get(`/v1/studies/${scoringId}/results/segmentation?server=none`);
    expect(ofServer.problem).toBe('dicomweb-server-unknown');
    const push = await service.post(`/v1/studies/${scoringId}/results/segmentation/push`, { json: { server: 'none' } });
    expect(push.problem).toBe('dicomweb-server-unknown');
  });
});
