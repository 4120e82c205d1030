import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { MediclipClient } from '@mediclip/client';
import type { JobKind } from '@mediclip/contracts';
import type { StoredJob, TenantStore } from '@mediclip/store';
import { findRedis, until } from '@mediclip/testing';
import { madeOf, quickOptions, readyModel, uploadExamples } from '../end-to-end/testing/examples.js';
import { all } from './testing/all.js';
import { Cluster } from './testing/cluster.js';
import type { Member } from './testing/member.js';

const onRedis = (await findRedis()) === null ? describe.skip : describe;

/** How many jobs: `MEDICLIP_TEST_JOBS`, else 24. */
const count = Number(process.env.MEDICLIP_TEST_JOBS ?? 24);
process.stderr.write(`mediclip: ${count} jobs run while processes die; MEDICLIP_TEST_JOBS sets another number\n`);
const clientsAtOnce = 16;
/** In the test split. */
const images = 2;

/** One adaptation and one evaluation in every twelve jobs, the rest scorings. */
const kinds = Array.from(
  { length: count },
  (_, i): JobKind => (i % 12 === 3 ? 'adaptation' : i % 12 === 5 ? 'evaluation' : 'scoring'),
);

onRedis(`${count} jobs while an engine, a worker, an API and Redis die in turn`, () => {
  let cluster: Cluster;
  let tenant: TenantStore;
  let datasetId: string;
  let modelId: string;
  let scoringId: string;
  /** How many jobs there were before the deaths. */
  let before: number;
  /** Submitted and awaited so far, by id. */
  const ended: string[] = [];

  const submit: Partial<Record<JobKind, (client: MediclipClient) => Promise<string>>> = {
    adaptation: async (client) => idAfter(client, await client.createAdaptation({ datasetId, ...quickOptions(2) })),
    evaluation: async (client) => idAfter(client, await client.createEvaluation({ modelId, datasetId })),
    scoring: async (client) => idAfter(client, await client.createScoring({ modelId, datasetId, split: 'test' })),
  };

  async function idAfter(client: MediclipClient, job: Parameters<MediclipClient['waitForResult']>[0]) {
    await client.waitForResult(job);
    return job.id;
  }

  /** Lets clients submit jobs and wait for them, one after the other each, to the last. */
  async function work(): Promise<void> {
    const waiting = [...kinds];
    const one = async (_: unknown, i: number) => {
      const client = cluster.apis[i % cluster.apis.length]!.client();
      for (let kind = waiting.shift(); kind !== undefined; kind = waiting.shift()) {
        ended.push(await submit[kind]!(client));
      }
    };
    await Promise.all(Array.from({ length: clientsAtOnce }, one));
  }

  const adapting = () => until(() => cluster.workers.find((worker) => worker.underWay('adaptation').length > 0));

  async function killAndStart(member: Member): Promise<void> {
    await member.kill();
    await member.start();
  }

  const deaths: readonly (() => Promise<void>)[] = [
    async () => void process.kill(await (await adapting()).enginePid(), 'SIGKILL'),
    async () => killAndStart(await adapting()),
    () => killAndStart(cluster.apis[0]!),
    () => cluster.redis.kill().then(() => cluster.redis.restart()),
  ];

  beforeAll(async () => {
    cluster = await Cluster.start({ lockMs: 3000 });
    tenant = cluster.openStore().tenant('default');
    const client = cluster.apis[0]!.client();
    datasetId = await uploadExamples(client, { train: 4, normal: 1, abnormal: 1 });
    modelId = await readyModel(client);
    scoringId = await submit.scoring!(client);
    before = (await all(client.listJobs())).length;

    const working = work();
    for (const [i, die] of deaths.entries()) {
      await Promise.race([until(() => (ended.length >= (count * (i + 1)) / 6 ? true : undefined)), working]);
      await die();
    }
    await working;
  }, 240_000);
  afterAll(() => cluster?.stop());

  const stored = (kind: JobKind): Promise<StoredJob[]> =>
    Promise.all(ended.map((id) => tenant.jobs.get(id))).then((jobs) => jobs.filter(({ job }) => job.kind === kind));

  test('every job has succeeded, once, and there are no others', async () => {
    const jobs = await all(cluster.apis[0]!.client().listJobs({ pageSize: 200 }));
    expect(jobs.filter(({ state }) => state !== 'succeeded')).toEqual([]);
    expect(jobs).toHaveLength(before + count);
    expect(new Set(ended).size).toBe(count);
    for (const id of ended) {
      const { events } = await tenant.jobs.get(id);
      expect(events.filter(({ type }) => type === 'end')).toHaveLength(1);
      expect(events.filter((event) => event.type === 'state' && event.state === 'succeeded')).toHaveLength(1);
    }
    const said = cluster.workers.flatMap(({ log }) => log.filter(({ msg }) => msg === 'job ended'));
    expect(said).toHaveLength(new Set(said.map(({ jobId }) => jobId)).size);
  });

  test('the engine, the worker and Redis died over running jobs', async () => {
    const jobs = await Promise.all(ended.map((id) => tenant.jobs.get(id)));
    const again = jobs.filter(({ job }) => job.attempt > 1);
    expect(again.map(({ job }) => job.kind)).toContain('adaptation');
    const restarts = cluster.workers.flatMap(({ log }) => log.filter(({ msg }) => msg === 'engine replaced'));
    expect(restarts.length).toBeGreaterThan(0);
  });

  test('adaptations are the undisturbed one, byte for byte, and there is one model for each', async () => {
    const undisturbed = await tenant.models.get(modelId);
    const adaptations = await stored('adaptation');
    expect(adaptations.length).toBeGreaterThan(0);
    const models = await all(cluster.apis[0]!.client().listModels({ pageSize: 200 }));
    expect(models).toHaveLength(adaptations.length + 1);
    for (const { id } of models) {
      expect(madeOf(await tenant.models.get(id))).toEqual(madeOf(undisturbed));
    }
  });

  test('scorings and evaluations have the results of undisturbed ones', async () => {
    const expected = await tenant.results.list(scoringId, { limit: 100 });
    expect(expected.items).toHaveLength(images);
    for (const { job } of await stored('scoring')) {
      expect(await tenant.results.list(job.id, { limit: 100 })).toEqual(expected);
      expect(job.result).toEqual({ scored: images, rejected: 0 });
    }
    const evaluations = await Promise.all(
      (await stored('evaluation')).map(({ job }) =>
        tenant.evaluations.get((job.result as { evaluationId: string }).evaluationId),
      ),
    );
    expect(evaluations.length).toBeGreaterThan(0);
    expect(new Set(evaluations.map(({ id }) => id)).size).toBe(evaluations.length);
    for (const { image, pixel } of evaluations) {
      expect({ image, pixel }).toEqual({ image: evaluations[0]!.image, pixel: evaluations[0]!.pixel });
    }
  });
});
