import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ClientProblem, type MediclipClient } from '@mediclip/client';
import type { JobKind } from '@mediclip/contracts';
import type { StoredJob, TenantStore } from '@mediclip/store';
import { findRedis, until } from '@mediclip/testing';
import { exampleFiles, madeOf, readyModel, readyOptions, uploadExamples } from '../end-to-end/testing/examples.js';
import { greyPng } from '../testing/png.js';
import { all } from './testing/all.js';
import { Cluster } from './testing/cluster.js';
import type { Member } from './testing/member.js';

const onRedis = (await findRedis()) === null ? describe.skip : describe;

/** How many scores: `MEDICLIP_TEST_ALIAS_SCORES`, else 100. */
const scores = Number(process.env.MEDICLIP_TEST_ALIAS_SCORES ?? 100);
process.stderr.write(
  `mediclip: an alias moves under ${scores} scores; MEDICLIP_TEST_ALIAS_SCORES sets another number\n`,
);
const flips = 20;
const clients = 4;
/** How long a client rests after an answer while processes are restarted, milliseconds. */
const rest = 500;

/** How many jobs: `MEDICLIP_TEST_JOBS`, else 16. */
const count = Number(process.env.MEDICLIP_TEST_JOBS ?? 16);
process.stderr.write(`mediclip: ${count} jobs run while processes die; MEDICLIP_TEST_JOBS sets another number\n`);
const clientsAtOnce = 8;
/** One adaptation and one evaluation in every eight jobs, the rest scorings. */
const kinds = Array.from(
  { length: count },
  (_, i): JobKind => (i % 8 === 3 ? 'adaptation' : i % 8 === 5 ? 'evaluation' : 'scoring'),
);

/** A time during which something may have been so, milliseconds. */
interface Window {
  readonly begin: number;
  end: number;
}

/** A request that can be sent again with the same key, and what it was answered. */
interface Answered {
  readonly send: (client: MediclipClient) => Promise<unknown>;
  readonly answer: unknown;
}

onRedis('two API processes and two workers under steady load', () => {
  let cluster: Cluster;
  /** The same detector twice. */
  let models: [string, string];

  beforeAll(async () => {
    cluster = await Cluster.start({ lockMs: 3000 });
    const client = cluster.apis[0]!.client();
    models = [await readyModel(client), await readyModel(client)];
  }, 120_000);
  afterAll(() => cluster?.stop());

  test('lose no request while an alias moves, and answer each by a model that it named at that time', async () => {
    const [one, two] = cluster.apis.map((api) => api.client());
    await one!.setAlias('production', { modelId: models[0] });
    /** When the alias may have named each model. */
    const named: { readonly modelId: string; readonly window: Window }[] = [
      { modelId: models[0], window: { begin: 0, end: Number.POSITIVE_INFINITY } },
    ];
    const answered: { readonly modelId: string; readonly window: Window }[] = [];
    const file = { fileName: 'small.png', content: greyPng(64, 64) };

    const ask = async (client: typeof one) => {
      for (let i = 0; i < scores / clients; i++) {
        const begin = performance.now();
        const { modelId, results } = await client!.scoreImages('@production', [file]);
        expect(results[0]!.outcome).toBe('scored');
        answered.push({ modelId, window: { begin, end: performance.now() } });
      }
    };
    const move = async (modelId: string, by: () => Promise<unknown>) => {
      const before = named.at(-1)!;
      named.push({ modelId, window: { begin: performance.now(), end: Number.POSITIVE_INFINITY } });
      await by();
      before.window.end = performance.now();
    };
    const flip = async () => {
      for (let n = 1; n <= flips; n++) {
        await until(() => (answered.length >= (n * scores) / (flips + 2) ? true : undefined));
        const [from, to] = [models[(n - 1) % 2]!, models[n % 2]!];
        await move(to, () => (n % 2 === 0 ? one! : two!).setAlias('production', { modelId: to, ifModelId: from }));
      }
      await move(models[1], () => two!.rollBackAlias('production'));
    };
    await Promise.all([ask(one), ask(one), ask(two), ask(two), flip()]);

    expect(answered).toHaveLength(scores);
    for (const { modelId, window } of answered) {
      const couldBe = named.filter(({ window: { begin, end } }) => begin <= window.end && end >= window.begin);
      expect(couldBe.map((one) => one.modelId)).toContain(modelId);
    }
    expect(new Set(answered.map(({ modelId }) => modelId)).size).toBe(2);
    const { history, modelId } = await one!.getAlias('production');
    expect([history.length, history[0]!.action, modelId]).toEqual([flips + 2, 'rollback', models[1]]);
  }, 120_000);

  test('let one of those move an alias who move it at once', async () => {
    const racers = cluster.apis.flatMap((api) => Array.from({ length: 4 }, () => api.client()));
    for (let round = 0; round < 3; round++) {
      const { modelId: ifModelId } = await racers[0]!.getAlias('production');
      const to = models.find((id) => id !== ifModelId)!;
      const races = await Promise.allSettled(
        racers.map((racer) => racer.setAlias('production', { modelId: to, ifModelId })),
      );
      const lost = races.flatMap((race) => (race.status === 'rejected' ? [race.reason] : []));
      expect(lost).toHaveLength(racers.length - 1);
      for (const reason of lost) expect(reason instanceof ClientProblem && reason.slug).toBe('alias-moved');
    }
  }, 60_000);

  describe('while an API, a worker and Redis are restarted in turn', () => {
    const answered: Answered[] = [];
    const [image] = exampleFiles('test/abnormal', 1);
    let datasetId: string;
    let adaptationId: string;

    /** What clients do over and over, each time with a new key. */
    const requests: readonly ((idempotencyKey: string) => Answered['send'])[] = [
      (idempotencyKey) => (client) => client.scoreImages(models[0], [image!], { idempotencyKey }),
      (idempotencyKey) => (client) =>
        client.createScoring({ modelId: models[0], datasetId, split: 'test' }, { idempotencyKey }),
      (idempotencyKey) => async (client) => {
        const { id } = await client.createDataset({ name: 'Made meanwhile' }, { idempotencyKey });
        return client.uploadImages(id, [{ ...image!, split: 'test', label: 'abnormal' }], { idempotencyKey });
      },
    ];

    test('no client sees a failure', async () => {
      datasetId = await uploadExamples(cluster.apis[0]!.client(), { train: 4, abnormal: 1 });
      let restarting = true;
      const load = async (client: MediclipClient, request: (typeof requests)[number]) => {
        while (restarting) {
          const send = request(randomUUID());
          answered.push({ send, answer: await send(client) });
          for await (const { id } of client.listJobs({ state: 'queued' })) await client.waitForJob(id);
          await pause(rest);
        }
      };
      const loads = Promise.all(cluster.apis.flatMap((api) => requests.map((request) => load(api.client(), request))));
      const restart = async (member: Member) => {
        expect(await member.stop()).toBe(0);
        await member.start();
      };
      const restarts = async () => {
        await restart(cluster.apis[0]!);
        ({ id: adaptationId } = await cluster.apis[0]!.client().createAdaptation({ datasetId, ...readyOptions }));
        await restart(await until(() => cluster.workers.find((worker) => worker.underWay('adaptation').length > 0)));
        await cluster.redis.kill();
        await cluster.redis.restart();
        restarting = false;
      };
      await Promise.all([loads, restarts()]);
      expect(answered.length).toBeGreaterThan(requests.length * cluster.apis.length);
    }, 180_000);

    test('every request that is sent once more, to the other API, gets the answer that it had', async () => {
      const client = cluster.apis[1]!.client();
      for (const { send, answer } of answered) expect(await send(client)).toEqual(answer);
    }, 60_000);

    test('every job that was accepted succeeds', async () => {
      const client = cluster.apis[0]!.client();
      const jobs = await all(client.listJobs());
      expect(jobs.map(({ id }) => id)).toContain(adaptationId);
      for (const { id } of jobs) expect((await client.waitForJob(id)).state).toBe('succeeded');
    }, 120_000);
  });

  describe(`do ${count} jobs while an engine, a worker, an API and Redis die in turn:`, () => {
    /** In the test split. */
    const images = 2;
    let tenant: TenantStore;
    let datasetId: string;
    let modelId: string;
    let scoringId: string;
    /** How many jobs, and which models, there were before the deaths. */
    let jobsBefore: number;
    let modelsBefore: readonly string[];
    /** Submitted and awaited so far, by id. */
    const ended: string[] = [];

    const submit: Partial<Record<JobKind, (client: MediclipClient) => Promise<string>>> = {
      adaptation: async (client) => idAfter(client, await client.createAdaptation({ datasetId, ...readyOptions })),
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
      async () => {
        const worker = await adapting();
        process.kill(await worker.enginePid(), 'SIGKILL');
        // It may be the next to die, and is to say so before.
        await until(() => (worker.log.some(({ msg }) => msg === 'engine replaced') ? true : undefined));
      },
      async () => killAndStart(await adapting()),
      () => killAndStart(cluster.apis[1]!),
      () => cluster.redis.kill().then(() => cluster.redis.restart()),
    ];

    beforeAll(async () => {
      tenant = cluster.openStore().tenant('default');
      const client = cluster.apis[0]!.client();
      datasetId = await uploadExamples(client, { train: 4, normal: 1, abnormal: 1 });
      modelId = models[0];
      scoringId = await submit.scoring!(client);
      jobsBefore = (await all(client.listJobs({ pageSize: 200 }))).length;
      modelsBefore = (await all(client.listModels({ pageSize: 200 }))).map(({ id }) => id);

      const working = work();
      for (const [i, die] of deaths.entries()) {
        await Promise.race([until(() => (ended.length >= (count * (i + 1)) / 6 ? true : undefined)), working]);
        await die();
      }
      await working;
    }, 240_000);

    const stored = (kind: JobKind): Promise<StoredJob[]> =>
      Promise.all(ended.map((id) => tenant.jobs.get(id))).then((jobs) => jobs.filter(({ job }) => job.kind === kind));

    test('every job has succeeded, once, and there are no others', async () => {
      const jobs = await all(cluster.apis[0]!.client().listJobs({ pageSize: 200 }));
      expect(jobs.filter(({ state }) => state !== 'succeeded')).toEqual([]);
      expect(jobs).toHaveLength(jobsBefore + count);
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
      const made = (await all(cluster.apis[0]!.client().listModels({ pageSize: 200 }))).filter(
        ({ id }) => !modelsBefore.includes(id),
      );
      expect(made).toHaveLength(adaptations.length);
      for (const { id } of made) {
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
});
