import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ClientProblem } from '@mediclip/client';
import { findRedis } from '@mediclip/testing';
import { quickModel, quickOptions } from '../end-to-end/testing/examples.js';
import { until } from '../end-to-end/testing/until.js';
import { greyPng } from '../testing/png.js';
import { Cluster } from './testing/cluster.js';

const onRedis = (await findRedis()) === null ? describe.skip : describe;

const requests = 1000;
const flips = 20;
const clients = 4;

/** A time during which something may have been so, milliseconds. */
interface Window {
  readonly begin: number;
  end: number;
}

onRedis('an alias that moves under load, on two API processes', () => {
  let cluster: Cluster;
  let models: [string, string];

  beforeAll(async () => {
    cluster = await Cluster.start({ workers: 1 });
    const client = cluster.apis[0]!.client();
    const first = await quickModel(client);
    const { datasetId } = (await client.getModel(first)).lineage;
    const other = await client.createAdaptation({ datasetId, ...quickOptions(1), seed: 1 });
    models = [first, (await client.waitForResult(other)).modelId];
  }, 120_000);
  afterAll(() => cluster?.stop());

  test('loses no request, and each is answered by a model that it named at that time', async () => {
    const [one, two] = cluster.apis.map((api) => api.client());
    await one!.setAlias('production', { modelId: models[0] });
    /** When the alias may have named each model. */
    const named: { readonly modelId: string; readonly window: Window }[] = [
      { modelId: models[0], window: { begin: 0, end: Number.POSITIVE_INFINITY } },
    ];
    const answered: { readonly modelId: string; readonly window: Window }[] = [];
    const file = { fileName: 'small.png', content: greyPng(64, 64) };

    const ask = async (client: typeof one) => {
      for (let i = 0; i < requests / clients; i++) {
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
        await until(() => (answered.length >= (n * requests) / (flips + 2) ? true : undefined));
        const [from, to] = [models[(n - 1) % 2]!, models[n % 2]!];
        await move(to, () => (n % 2 === 0 ? one! : two!).setAlias('production', { modelId: to, ifModelId: from }));
      }
      await move(models[1], () => two!.rollBackAlias('production'));
    };
    await Promise.all([ask(one), ask(one), ask(two), ask(two), flip()]);

    expect(answered).toHaveLength(requests);
    for (const { modelId, window } of answered) {
      const couldBe = named.filter(({ window: { begin, end } }) => begin <= window.end && end >= window.begin);
      expect(couldBe.map((one) => one.modelId)).toContain(modelId);
    }
    expect(new Set(answered.map(({ modelId }) => modelId)).size).toBe(2);
    const { history, modelId } = await one!.getAlias('production');
    expect([history.length, history[0]!.action, modelId]).toEqual([flips + 2, 'rollback', models[1]]);
  }, 120_000);

  test('is moved by one of those who move it at once', async () => {
    const racers = cluster.apis.flatMap((api) => Array.from({ length: 4 }, () => api.client()));
    for (let round = 0; round < 5; round++) {
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
});
