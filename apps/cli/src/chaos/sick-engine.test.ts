import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { MediclipClient } from '@mediclip/client';
import { findRedis, freePort, temporaryFolder, until } from '@mediclip/testing';
import { exampleFiles, madeOf, quickOptions, readyModel, uploadExamples } from '../end-to-end/testing/examples.js';
import { Cluster } from './testing/cluster.js';
import { alteredMediclip, Member } from './testing/member.js';

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

const heal = (member: Member) => rmSync(path.join(member.dataDir, 'sick'));

onRedis('of two workers, one whose engine does not start any more', () => {
  let cluster: Cluster;
  let client: MediclipClient;
  let datasetId: string;
  let modelId: string;

  beforeAll(async () => {
    const settings = { MEDICLIP_ENGINE_GIVE_UP_SECONDS: '3600' };
    cluster = await Cluster.start({ apis: 1, canFallSick: true, settings });
    client = cluster.apis[0]!.client();
    datasetId = await uploadExamples(client, { train: 4 });
    modelId = await readyModel(client);
  }, 300_000);
  afterAll(() => cluster?.stop());

  test('costs no job and no score: the healthy one does them all, until the sick one has recovered', async () => {
    const undisturbed = await client.getModel(modelId);
    const [image] = exampleFiles('test/abnormal', 1);
    const score = () => client.scoreImages(modelId, [image!]);
    const [expected] = (await score()).results;

    // Frozen engines: neither the job nor a score ends before the one worker has fallen sick.
    for (const worker of cluster.workers) await signalEngine(worker, 'SIGSTOP');
    const job = await client.createAdaptation({ datasetId, ...quickOptions(2) });
    const working = () => cluster.workers.find((worker) => worker.underWay('adaptation').includes(job.id));
    const sick = await until(working);
    const healthy = cluster.workers.find((worker) => worker !== sick)!;
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
    await healthy.stop();
    await client.waitForResult(await client.createScoring({ modelId, datasetId }));
    expect((await score()).results).toEqual([expected]);
  }, 240_000);

  /** The last one that was given up. */
  let givenUp: Member;

  test.each(['worker', 'serve'] as const)(
    'ends `mediclip %s` with status 1 once it is given up',
    async (role) => {
      const dataDir = path.join(temporaryFolder(), role);
      mkdirSync(dataDir);
      const redis = role === 'worker' && {
        MEDICLIP_REDIS_URL: cluster.redis.url,
        MEDICLIP_STORE_URL: cluster.storeUrl,
      };
      const environment = { ...redis, MEDICLIP_DATA_DIR: dataDir, MEDICLIP_ENGINE_GIVE_UP_SECONDS: '1' };
      const member = new Member({ role, port: await freePort(), environment, entry: alteredMediclip });
      await member.start();
      writeFileSync(path.join(dataDir, 'sick'), '');
      process.kill(await member.enginePid(), 'SIGKILL');
      expect(await member.end).toBe(1);
      expect(member.errors).toMatch(/^mediclip: The engine process did not become ready in \d+ attempts?, [^\n]*\n$/m);
      expect(member.log.map(({ msg }) => msg)).toEqual(expect.arrayContaining(['the engine was given up', 'stopped']));
      givenUp = member;
    },
    120_000,
  );

  test('and is well when it is started again, once the engine does', async () => {
    heal(givenUp);
    await givenUp.start();
    expect(await status(givenUp, '/readyz')).toBe(200);
    expect(await givenUp.stop()).toBe(0);
  }, 120_000);
});
