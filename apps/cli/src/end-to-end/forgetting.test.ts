import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { type LabelledFile, MediclipClient } from '@mediclip/client';
import {
  findRedis,
  goldenPath,
  type S3Server,
  s3Credentials,
  startS3Server,
  until,
  whyNoS3Server,
} from '@mediclip/testing';
import { Cluster } from '../chaos/testing/cluster.js';
import { pngWithText } from '../testing/png.js';
import { ctFile, ctSlice } from '../testing/synthetic-ct.js';
import { labelledExamples, quickOptions } from './testing/examples.js';
import { type ServiceProcess, startService } from './testing/service-process.js';

/** A name in everything that a client can write, and another one of a single image. */
const name = 'Quillon-Zanzibar';
const single = 'Wexford-Yarrow';

const noS3 = whyNoS3Server();
if (noS3) console.warn(`NOT RUN: forgetting on an S3 store with Redis, because ${noS3}.`);
const onS3AndRedis = noS3 || (await findRedis()) === null ? describe.skip : describe;

/** A JPEG with a comment and XMP that hold the name. */
function taggedJpeg(): Buffer {
  const file = readFileSync(goldenPath('preprocess/input/exif_rotated.jpg'));
  const segment = (marker: number, text: string) =>
    Buffer.concat([Buffer.from([0xff, marker, 0, text.length + 2]), Buffer.from(text, 'latin1')]);
  const tags = [segment(0xfe, name), segment(0xe1, `http://ns.adobe.com/xap/1.0/\0${name}`)];
  return Buffer.concat([file.subarray(0, 2), ...tags, file.subarray(2), Buffer.from(name)]);
}

function planted(): LabelledFile[] {
  const examples = labelledExamples({ train: 4, normal: 2, abnormal: 2 }).map((file, at) => ({
    ...file,
    fileName: `${at === 5 ? single : name}-${at}.png`,
    content: pngWithText(file.content as Uint8Array, at === 5 ? single : name),
    ...(file.mask && { mask: { ...file.mask, content: pngWithText(file.mask.content as Uint8Array, name) } }),
  }));
  const others = [
    { fileName: `${name}.jpg`, content: taggedJpeg() },
    { fileName: `${name}.dcm`, content: ctFile(ctSlice(1, false), { texts: name }) },
    { fileName: `${name}.txt`, content: Buffer.from(name) },
  ];
  return [...examples, ...others.map((file) => ({ ...file, split: 'test', label: 'normal' }) as const)];
}

/** A detector with results, and the name in everything. */
async function live(client: MediclipClient) {
  const { id: datasetId } = await client.createDataset({ name, description: name });
  const { outcomes } = await client.uploadImages(datasetId, planted());
  const imageIds = outcomes.flatMap((one) => (one.outcome === 'stored' ? one.imageIds : []));
  const prompts = { normal: [`${name} brain`], abnormal: [`${name} tumour`] };
  const adaptation = await client.createAdaptation({ datasetId, name, ...quickOptions(1), prompts });
  const { modelId } = await client.waitForResult(adaptation);
  await client.changeModel(modelId, { description: name });
  const alias = name.toLowerCase();
  await client.setAlias(alias, { modelId });
  const scoring = await client.createScoring({ modelId, datasetId });
  const evaluation = await client.createEvaluation({ modelId, datasetId });
  const audit = await client.createAudit(datasetId);
  await client.waitForResult(scoring);
  const { evaluationId } = await client.waitForResult(evaluation);
  await client.waitForResult(audit);
  for (const imageId of imageIds.slice(4, 7)) {
    const note = imageId === imageIds[5] ? single : name;
    await client.judgeResult(scoring.id, imageId, { verdict: 'normal', note });
  }
  await client.scoreImages(`@${alias}`, planted().slice(-3));
  return { datasetId, imageId: imageIds[5]!, modelId, alias, adaptation, scoring, evaluationId, audit };
}

type Live = Awaited<ReturnType<typeof live>>;

/** Files whose name or content has the text, in any case. */
function filesWith(folders: readonly string[], text: string): string[] {
  const has = (value: string) => value.toLowerCase().includes(text.toLowerCase());
  return folders.flatMap((folder) =>
    entriesOf(folder).flatMap((entry): string[] => {
      const place = path.join(folder, entry.name);
      if (has(entry.name)) return [place];
      if (entry.isDirectory()) return filesWith([place], text);
      return entry.isFile() && has(unlessGone(() => readFileSync(place, 'latin1')) ?? '') ? [place] : [];
    }),
  );
}

/** The same without writes that never came to be: what a killed process was writing goes with the hourly sweep. */
const storedWith = (folders: readonly string[], text: string): string[] =>
  filesWith(folders, text).filter((place) => !/\/\.store\/(?:claims|staging)\//.test(place));

const entriesOf = (folder: string) => unlessGone(() => readdirSync(folder, { withFileTypes: true })) ?? [];

/** What was read of a file or folder; undefined where it has been removed meanwhile. */
function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function isThere(call: Promise<unknown>): Promise<boolean> {
  return call.then(
    () => true,
    () => false,
  );
}

/**
 * Deletes the data set with all that was made of it; the process that does so is killed in the middle, and is not asked
 * again.
 */
async function forgetDataset(
  { baseUrl, kill, start }: { baseUrl: string; kill(): Promise<void>; start(): Promise<MediclipClient> },
  { datasetId, scoring, evaluationId, imageId }: Live,
) {
  const client = new MediclipClient({ baseUrl, retryBudgetMs: 0 });
  const deleting = client.deleteDataset(datasetId, { derived: true }).catch(() => undefined);
  await until(async () => ((await isThere(client.getDataset(datasetId))) ? undefined : true));
  await kill();
  await deleting;
  const again = await start();
  expect(await isThere(again.getDataset(datasetId))).toBe(false);
  expect(await isThere(again.getImage(datasetId, imageId))).toBe(false);
  await until(async () => {
    const left = await Promise.all([isThere(again.getJob(scoring.id)), isThere(again.getEvaluation(evaluationId))]);
    return left.includes(true) ? undefined : true;
  });
  return again;
}

async function forgetRest(client: MediclipClient, { alias, modelId, adaptation }: Live) {
  await client.deleteAlias(alias);
  await client.deleteModel(modelId);
  await client.deleteJob(adaptation.id);
}

/** What a single image leaves when it is deleted: nothing, and the rest is as it was. */
async function forgetImage(client: MediclipClient, folders: readonly string[], made: Live) {
  const { datasetId, imageId, scoring, evaluationId } = made;
  expect(filesWith(folders, single).length).toBeGreaterThan(3);
  await client.deleteImage(datasetId, imageId);
  expect(filesWith(folders, single)).toEqual([]);
  expect(Buffer.from(await client.getEvaluationReport(evaluationId)).toString()).not.toContain(imageId);
  expect(filesWith(folders, name).length).toBeGreaterThan(10);
  expect((await client.getJob(scoring.id)).state).toBe('succeeded');
}

describe('a name that is everywhere is nowhere once it is forgotten', () => {
  let service: ServiceProcess | undefined;
  afterAll(() => service?.killTree());

  test('on a folder, by one service that dies in the middle', async () => {
    service = await startService();
    const { dataDir } = service;
    const made = await live(service.client);
    await forgetImage(service.client, [dataDir], made);
    const logs = [service.log];
    const { baseUrl, killTree } = service;
    const again = await forgetDataset(
      {
        baseUrl,
        kill: killTree,
        async start() {
          service = await startService({ dataDir });
          logs.push(service.log);
          return service.client;
        },
      },
      made,
    );
    await forgetRest(again, made);
    await until(() => (storedWith([dataDir], made.datasetId).length === 0 ? true : undefined));
    expect(storedWith([dataDir], name)).toEqual([]);
    expect(JSON.stringify(logs).toLowerCase()).not.toContain(name.toLowerCase());
  });
});

onS3AndRedis('the same with API and worker', () => {
  let cluster: Cluster | undefined;
  let s3: S3Server | undefined;
  afterAll(async () => {
    await cluster?.stop();
    await s3?.stop();
  });

  test('on S3 and Redis, of which the API dies in the middle', async () => {
    s3 = await startS3Server('mediclip');
    const store = `s3://mediclip/tests?endpoint=${s3.endpoint}&region=us-east-1`;
    cluster = await Cluster.start({ apis: 1, workers: 1, settings: { MEDICLIP_STORE_URL: store, ...s3Credentials } });
    const { apis, workers, redis, folder } = cluster;
    const [api, worker] = [apis[0]!, workers[0]!];
    const folders = [s3.folder, folder];
    const made = await live(api.client());
    await forgetImage(api.client(), folders, made);
    const again = await forgetDataset(
      {
        baseUrl: api.baseUrl,
        kill: () => Promise.all([api.kill(), worker.kill()]).then(() => undefined),
        start: () => Promise.all([api.start(), worker.start()]).then(() => api.client()),
      },
      made,
    );
    await forgetRest(again, made);
    await until(() => (storedWith(folders, made.datasetId).length === 0 ? true : undefined));
    expect(storedWith([...folders, redis.folder], name)).toEqual([]);
    expect(JSON.stringify([api.log, worker.log]).toLowerCase()).not.toContain(name.toLowerCase());
  });
});
