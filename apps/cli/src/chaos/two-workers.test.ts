import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { MediclipClient } from '@mediclip/client';
import type { JobOf, Model } from '@mediclip/contracts';
import type { Store } from '@mediclip/store';
import { findChromium, findRedis, freePort, openBrowser, temporaryFolder, until, Visitor } from '@mediclip/testing';
import {
  exampleFiles,
  madeOf,
  quickOptions,
  readyModel,
  readyOptions,
  trainedFor,
  uploadExamples,
} from '../end-to-end/testing/examples.js';
import { Cluster } from './testing/cluster.js';
import { alteredMediclip, type LogLine, Member } from './testing/member.js';

const executablePath = await findChromium();
const onRedis = (await findRedis()) === null ? describe.skip : describe;

const status = async (member: Member, page: string) => (await fetch(`${member.baseUrl}${page}`)).status;

/** Kills the engine of a process, which does not start again until it is healed. */
async function fallSick(member: Member): Promise<void> {
  writeFileSync(path.join(member.dataDir, 'sick'), '');
  process.kill(await member.enginePid(), 'SIGKILL');
  await until(async () => ((await status(member, '/healthz')) === 503 ? true : undefined));
}

/** Sends a signal to the engine of a process: `SIGSTOP` freezes it, `SIGCONT` lets it go on. */
const signalEngine = async (member: Member, signal: NodeJS.Signals) => process.kill(await member.enginePid(), signal);

const givenUpSoon = { MEDICLIP_ENGINE_GIVE_UP_SECONDS: '1' };

/** Kills the engine of a process that gives it up soon, which ends the process. */
async function endsGivenUp(member: Member): Promise<void> {
  writeFileSync(path.join(member.dataDir, 'sick'), '');
  process.kill(await member.enginePid(), 'SIGKILL');
  expect(await member.end).toBe(1);
  expect(member.errors).toMatch(/^mediclip: The engine process did not become ready in \d+ attempts?, [^\n]*\n$/m);
  expect(member.log.map(({ msg }) => msg)).toEqual(expect.arrayContaining(['the engine was given up', 'stopped']));
}

const heal = (member: Member) => rmSync(path.join(member.dataDir, 'sick'));

onRedis('of two workers', () => {
  let cluster: Cluster;
  let store: Store;
  let client: MediclipClient;
  let datasetId: string;
  let modelId: string;
  let undisturbed: Model;

  beforeAll(async () => {
    const settings = { MEDICLIP_ENGINE_GIVE_UP_SECONDS: '3600' };
    cluster = await Cluster.start({ apis: 1, canFallSick: true, lockMs: 3000, settings });
    store = cluster.openStore();
    client = cluster.apis[0]!.client();
    datasetId = await uploadExamples(client, { train: 4 });
    modelId = await readyModel(client);
    undisturbed = await client.getModel(modelId);
  }, 300_000);
  afterAll(() => cluster?.stop());

  describe('one that is frozen beyond its lock while its engine goes on, and is woken', () => {
    /** The successor of the last one that was frozen. */
    let other: Member;

    const adapt = (options = readyOptions) => client.createAdaptation({ datasetId, ...options });

    const says = (member: Member, wanted: string, { id }: Pick<JobOf<'adaptation'>, 'id'>) =>
      until(() => member.log.find(({ msg, jobId }: LogLine) => msg === wanted && jobId === id));

    /** The version of every object that the job's end has made: records, the model, the data set. */
    async function versions(): Promise<Record<string, string>> {
      const keys = (await store.objects.list('tenants/', { limit: 10_000 })).map(({ key }) => key);
      return Object.fromEntries(
        await Promise.all(keys.map(async (key) => [key, (await store.objects.get(key))?.etag ?? 'gone'])),
      );
    }

    test.each(['job taken up', 'job ended'])(
      'when its successor says "%s", changes nothing of what that one makes',
      async (moment) => {
        const job = await adapt();
        await trainedFor(client, job, 1);
        const frozen = cluster.workers.find((worker) => worker.underWay('adaptation').includes(job.id))!;
        const successor = cluster.workers.find((worker) => worker !== frozen)!;
        other = successor;
        frozen.signal('SIGSTOP');
        await says(successor, moment, job);
        const before = await versions();
        frozen.signal('SIGCONT');
        await says(frozen, 'attempt superseded', job);

        const { modelId } = await client.waitForResult(job);
        await says(successor, 'job ended', job);
        expect(frozen.log.filter(({ msg, jobId }) => msg === 'job ended' && jobId === job.id)).toEqual([]);
        expect((await client.getJob(job.id)).attempt).toBe(2);
        expect(madeOf(await client.getModel(modelId))).toEqual(madeOf(undisturbed));
        if (moment === 'job ended') expect(await versions()).toEqual(before);
      },
      120_000,
    );

    // The one that was woken first has adapted since, as the frozen one or as its successor.
    test('is well: the last one that was woken takes jobs when it is alone', async () => {
      await other.kill();
      await client.waitForResult(await client.createAudit(datasetId));
    }, 120_000);

    (executablePath === null ? test.skip : test)(
      'when all processes die with it, is seen to go on with its job, on a page that nobody loads again',
      async () => {
        const browser = await openBrowser(executablePath!);
        try {
          const job = await adapt(quickOptions(1000));
          const visitor = await Visitor.arrive(browser, cluster.apis[0]!.baseUrl);
          const { page } = visitor;
          await page.goto(`${visitor.baseUrl}/app/jobs/${job.id}`);
          const stepsShown = `Number(/(\\d+) of 2000 steps/.exec(document.querySelector('.card')?.textContent)?.[1])`;
          await visitor.see('.card', /\d of 2000 steps/, 120_000);
          for (const member of cluster.members()) await member.kill();
          await visitor.see('.status-line', 'The server is not heard at the moment.');
          const before = await page.evaluate(stepsShown);
          await Promise.all([cluster.apis[0]!, cluster.workers[0]!].map((member) => member.start()));
          await visitor.see('dd', 'the work was interrupted and went on', 120_000);
          await page.waitForFunction(`${stepsShown} > ${before}`, { timeout: 120_000 });
          await visitor.press('Cancel');
          await visitor.see('.state', 'cancelled');
        } finally {
          await browser.close();
        }
      },
      240_000,
    );
  });

  test('one whose engine does not start any more costs no job and no score: the healthy one does them all, until the sick one has recovered and is alone, because the other one was given up', async () => {
    const [sick, healthy] = [cluster.workers[0]!, cluster.workers[1]!];
    await healthy.kill();
    if (!sick.isRunning) await sick.start();
    const [image] = exampleFiles('test/abnormal', 1);
    const score = () => client.scoreImages(modelId, [image!]);
    const [expected] = (await score()).results;

    // Frozen engines: neither the job nor a score ends before the one worker has fallen sick.
    await signalEngine(sick, 'SIGSTOP');
    const job = await client.createAdaptation({ datasetId, ...readyOptions });
    await until(() => (sick.underWay('adaptation').includes(job.id) ? true : undefined));
    await healthy.start(givenUpSoon);
    await signalEngine(healthy, 'SIGSTOP');
    const scores = Array.from({ length: 12 }, score);
    await fallSick(sick);
    await signalEngine(healthy, 'SIGCONT');
    const scorings = await Promise.all(Array.from({ length: 4 }, () => client.createScoring({ modelId, datasetId })));
    scores.push(...Array.from({ length: 12 }, score));
    for (const { results } of await Promise.all(scores)) expect(results).toEqual([expected]);
    for (const scoring of scorings) await client.waitForResult(scoring);
    const { modelId: made } = await client.waitForResult(job);
    expect(madeOf(await client.getModel(made))).toEqual(madeOf(undisturbed));
    expect(await status(sick, '/readyz')).toBe(503);
    const doneBy = (member: Member) => member.log.flatMap(({ msg, jobId }) => (msg === 'job ended' ? [jobId] : []));
    // A client hears of an end before the log does.
    const jobs = [job, ...scorings];
    await until(() => (jobs.every(({ id }) => doneBy(healthy).includes(id)) ? true : undefined));

    heal(sick);
    await until(async () => ((await status(sick, '/readyz')) === 200 ? true : undefined));
    expect(await status(sick, '/healthz')).toBe(200);
    await endsGivenUp(healthy);
    await client.waitForResult(await client.createScoring({ modelId, datasetId }));
    expect((await score()).results).toEqual([expected]);
  }, 240_000);
});

test('an engine that is given up ends `mediclip serve` too, which is well when it is started again, once the engine does', async () => {
  const dataDir = path.join(temporaryFolder(), 'serve');
  mkdirSync(dataDir);
  const environment = { MEDICLIP_DATA_DIR: dataDir, ...givenUpSoon };
  const member = new Member({ role: 'serve', port: await freePort(), environment, entry: alteredMediclip });
  await member.start();
  await endsGivenUp(member);
  heal(member);
  await member.start();
  expect(await status(member, '/readyz')).toBe(200);
  expect(await member.stop()).toBe(0);
}, 120_000);
