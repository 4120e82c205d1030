import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type OperationId, operationIds, routeOf } from '@mediclip/contracts';
import { relatedBody } from '@mediclip/multipart';
import { SmallDisk, temporaryFolder, whyNoSmallDisk } from '@mediclip/testing';
import { zip } from '../testing/archives.js';
import { bitmap } from '../testing/bitmaps.js';
import { dicom } from '../testing/dicom.js';
import {
  closeSharedPool,
  formOf,
  freshKey,
  type TestRequest,
  TestService,
  unknownId,
} from '../testing/test-service.js';

const noDisk = whyNoSmallDisk();
if (noDisk) console.warn(`NOT RUN: every route on a full disk, because ${noDisk}.`);
const onDisk = noDisk ? describe.skip : describe;

const key = freshKey();
const refusals = [503, 507];

/** Ids of what was made while there was room. */
interface Things {
  readonly datasetId: string;
  readonly otherDatasetId: string;
  readonly imageId: string;
  readonly modelId: string;
  readonly otherModelId: string;
  readonly scoringId: string;
  readonly waitingJobId: string;
  readonly webhookId: string;
  readonly otherWebhookId: string;
  readonly deliveryId: string;
}

type Send = readonly [path: string, request?: TestRequest];

const image = () =>
  formOf([
    ['split', 'train'],
    ['label', 'normal'],
    ['file', bitmap(16, 12, 7), 'a.bmp'],
  ]);
const archive = await zip([['train/normal/a.bmp', bitmap(16, 12, 8)]]);
const zipped = { body: archive, headers: { 'content-type': 'application/zip' } };

const ct = '1.2.840.10008.5.1.4.1.1.2';
const instance = { sopClassUid: ct, sopInstanceUid: '1.2.3.4.1', studyUid: '1.2.3', seriesUid: '1.2.3.4' };
const study = relatedBody('application/dicom', [dicom(10, 8, [new Uint8Array(80)], instance)]);
const stored = { body: study.bytes, headers: { 'content-type': study.contentType } };

const dicomweb = {
  referencesKey: 'sealed with these words',
  servers: [{ name: 'pacs', url: 'http://127.0.0.1:9/', headerFiles: {} }],
};

const webhook = { url: 'https://hooks.example.org/', events: ['drift.detected'] };

/** A request to every route that changes something, deletions last: a new route is not tested before it stands here. */
const writes: Partial<Record<OperationId, (things: Things) => Send>> = {
  createSession: () => ['/session', { json: { key }, headers: { 'sec-fetch-site': 'same-origin' } }],
  deleteSession: () => ['/session', { headers: { 'sec-fetch-site': 'same-origin' } }],
  createDataset: () => ['/v1/datasets', { json: { name: 'x' } }],
  changeDataset: ({ datasetId }) => [`/v1/datasets/${datasetId}`, { json: { name: 'y' } }],
  uploadImages: ({ datasetId }) => [`/v1/datasets/${datasetId}/images`, { form: image() }],
  uploadArchive: ({ datasetId }) => [`/v1/datasets/${datasetId}/archive`, zipped],
  changeImage: ({ datasetId, imageId }) => [
    `/v1/datasets/${datasetId}/images/${imageId}`,
    { json: { label: 'abnormal' } },
  ],
  createAdaptation: ({ datasetId }) => ['/v1/adaptations', { json: { datasetId, shots: 2 } }],
  createScoring: ({ datasetId, modelId }) => ['/v1/scorings', { json: { datasetId, modelId } }],
  createAudit: ({ datasetId }) => [`/v1/datasets/${datasetId}/audits`],
  createEvaluation: ({ datasetId, modelId }) => ['/v1/evaluations', { json: { datasetId, modelId } }],
  calibrateModel: ({ datasetId, modelId }) => [
    `/v1/models/${modelId}/calibration`,
    { json: { datasetId, alpha: 0.5 } },
  ],
  cancelJob: ({ waitingJobId }) => [`/v1/jobs/${waitingJobId}/cancel`],
  judgeResult: ({ scoringId, imageId }) => [
    `/v1/jobs/${scoringId}/results/${imageId}/verdict`,
    { json: { verdict: 'normal' } },
  ],
  scoreImages: ({ modelId }) => [
    `/v1/models/${modelId}/score`,
    { form: formOf([['file', bitmap(16, 12, 9), 'a.bmp']]) },
  ],
  infer: ({ modelId }) => {
    const inputs = [
      { name: 'image', datatype: 'BYTES', shape: [1], data: [Buffer.from(bitmap(16, 12, 9)).toString('base64')] },
    ];
    return [`/v2/models/${modelId}/infer`, { json: { inputs } }];
  },
  reviseModel: ({ datasetId, modelId }) => [`/v1/models/${modelId}/revisions`, { json: { datasetId } }],
  setResidency: ({ modelId }) => [`/v1/models/${modelId}/residency`, { json: { pinned: true } }],
  changeModel: ({ modelId }) => [`/v1/models/${modelId}`, { json: { name: 'y' } }],
  setThreshold: ({ modelId }) => [`/v1/models/${modelId}/threshold`, { json: { threshold: 0.5 } }],
  deleteThreshold: ({ modelId }) => [`/v1/models/${modelId}/threshold`],
  importModel: () => ['/v1/models/import', zipped],
  setAlias: ({ modelId }) => ['/v1/aliases/mine', { json: { modelId } }],
  rollBackAlias: () => ['/v1/aliases/mine/rollback'],
  createWebhook: () => ['/v1/webhooks', { json: webhook }],
  rotateWebhookSecret: ({ webhookId }) => [`/v1/webhooks/${webhookId}/secret`, { json: {} }],
  redeliverWebhook: ({ webhookId, deliveryId }) => [`/v1/webhooks/${webhookId}/deliveries/${deliveryId}/redeliver`],
  deleteWebhook: ({ otherWebhookId }) => [`/v1/webhooks/${otherWebhookId}`],
  storeStudyInDataset: ({ datasetId }) => [
    `/v1/datasets/${datasetId}/dicomweb/studies?split=test&label=normal`,
    stored,
  ],
  scoreStudy: ({ modelId }) => [`/v1/models/${modelId}/dicomweb/studies`, stored],
  importFromDicomweb: ({ datasetId }) => [
    `/v1/datasets/${datasetId}/dicomweb-imports`,
    { json: { server: 'pacs', query: { Modality: 'CT' }, limit: 1, split: 'test', label: 'normal' } },
  ],
  pushStudyResults: ({ scoringId }) => [
    `/v1/studies/${scoringId}/results/segmentation/push`,
    { json: { server: 'pacs' } },
  ],
  deleteJob: ({ scoringId }) => [`/v1/jobs/${scoringId}`],
  deleteEvaluation: () => [`/v1/evaluations/${unknownId()}`],
  deleteAlias: () => ['/v1/aliases/mine'],
  deleteImage: ({ datasetId, imageId }) => [`/v1/datasets/${datasetId}/images/${imageId}`],
  deleteModel: ({ otherModelId }) => [`/v1/models/${otherModelId}`],
  deleteDataset: ({ otherDatasetId }) => [`/v1/datasets/${otherDatasetId}`],
};

/** Those that answer without a word on the disk: what they change is in the cookie, or nothing. */
const needNoDisk: ReadonlySet<OperationId> = new Set(['createSession', 'deleteSession', 'scoreImages', 'infer']);

onDisk('with no room on the disk of store and data folder', () => {
  let disk: SmallDisk;
  let service: TestService;

  beforeAll(async () => {
    disk = new SmallDisk(24, 4000);
    const apiKeysFile = path.join(temporaryFolder(), 'keys.json');
    const sha256 = createHash('sha256').update(key).digest('hex');
    const entry = { id: unknownId(), tenant: 'clinic', sha256, createdAt: new Date().toISOString() };
    writeFileSync(apiKeysFile, JSON.stringify({ schemaVersion: 1, keys: [entry] }));
    service = await TestService.start({ folder: disk.folder, settings: { apiKeysFile, dicomweb } });
  });
  afterAll(async () => {
    await service?.stop();
    await closeSharedPool();
    disk?.unmount();
  });

  async function things(): Promise<Things> {
    // The first session makes the secret that signs them all.
    await service.post(...writes.createSession!({} as Things));
    const { modelId, dataset } = await service.model(key);
    const { modelId: otherModelId, dataset: used } = await service.model(key);
    const made = async (target: string, json: unknown) => (await service.post(target, { json, key })).json.id as string;
    const scoringId = await made('/v1/scorings', { datasetId: dataset.id, modelId });
    await service.ended(scoringId, key);
    await service.send('PUT', `/v1/models/${modelId}/threshold`, { json: { threshold: 0.4 }, key });
    for (const id of [otherModelId, modelId]) {
      await service.send('PUT', '/v1/aliases/mine', { json: { modelId: id }, key });
    }
    const webhookId = await made('/v1/webhooks', webhook);
    const at = new Date(Date.now() + 1000).toISOString();
    const { webhooks } = service.store.tenant('clinic');
    await webhooks.announce({ event: 'drift.detected', at, key: 'x', data: { modelId } });
    const deliveries = await webhooks.deliveries(webhookId, { limit: 1 });
    const { json } = await service.get(`/v1/datasets/${dataset.id}/images?split=test`, { key });
    let goOn = () => {};
    service.worker!.hold = new Promise((resolve) => {
      goOn = resolve;
    });
    releases.push(goOn);
    const running = await made('/v1/scorings', { datasetId: used.id, modelId });
    return {
      datasetId: dataset.id,
      otherDatasetId: await made('/v1/datasets', { name: 'other' }),
      imageId: json.items[0].id,
      modelId,
      otherModelId,
      scoringId,
      waitingJobId: running,
      webhookId,
      otherWebhookId: await made('/v1/webhooks', webhook),
      deliveryId: deliveries.items[0]!.id,
    };
  }
  const releases: (() => void)[] = [];

  test('every route that changes something is tried', () => {
    const changing = operationIds.filter((id) => routeOf(id).method !== 'GET');
    expect(Object.keys(writes).sort()).toEqual([...changing].sort());
  });

  test.each([
    ['full', () => disk.fill(), () => disk.free()],
    ['without room for another file', () => disk.fillInodes(), () => disk.free()],
    ['read-only', () => disk.setWritable(false), () => disk.setWritable(true)],
  ] as const)(
    'every route refuses with 503 or 507 what it cannot write, on a disk that is %s',
    async (_what, take, free) => {
      const made = await things();
      const statuses: Record<string, number> = {};
      await take();
      try {
        for (const id of Object.keys(writes) as OperationId[]) {
          const [target, request] = writes[id]!(made);
          const answer = await service.send(routeOf(id).method, target, { ...request, key });
          statuses[id] = answer.status;
        }
        const things = { datasets: made.datasetId, images: made.imageId, models: made.modelId, jobs: made.scoringId };
        for (const id of operationIds.filter((id) => routeOf(id).method === 'GET' && !id.endsWith('Events'))) {
          const target = routeOf(id).path.replace(
            /\/(\w+)\/\{\w+\}/g,
            (_, kind: keyof typeof things) => `/${kind}/${things[kind]}`,
          );
          statuses[id] = (await service.get(target.replace(/\{\w+\}/, 'x'), { key })).status;
        }
      } finally {
        await free();
        for (const goOn of releases.splice(0)) goOn();
        service.worker!.hold = undefined;
      }
      const faults = Object.entries(statuses).filter(([, status]) => status >= 500 && !refusals.includes(status));
      expect(faults).toEqual([]);
      const written = (Object.keys(writes) as OperationId[]).filter(
        (id) => !needNoDisk.has(id) && !id.startsWith('delete'),
      );
      const answered = written.filter((id) => !refusals.includes(statuses[id]!));
      expect(answered).toEqual([]);
      expect([...needNoDisk].map((id) => statuses[id])).toEqual([200, 204, 200, 200]);
      expect((await service.post('/v1/datasets', { json: { name: 'x' }, key })).status).toBe(201);
      expect(service.log.map((line) => JSON.parse(line)).filter(({ problem }) => problem === 'internal')).toEqual([]);
    },
  );
});
