import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { MediclipClient } from '@mediclip/client';
import { findRedis } from '@mediclip/testing';
import { exampleFiles, quickOptions, readyModel, uploadExamples } from '../end-to-end/testing/examples.js';
import { Cluster } from './testing/cluster.js';

const onRedis = (await findRedis()) === null ? describe.skip : describe;

/** A request that can be sent again with the same key, and what it was answered. */
interface Answered {
  readonly send: (client: MediclipClient) => Promise<unknown>;
  readonly answer: unknown;
}

onRedis('while every process is restarted in turn under steady load', () => {
  let cluster: Cluster;
  let datasetId: string;
  let modelId: string;
  const answered: Answered[] = [];
  const [image] = exampleFiles('test/abnormal', 1);

  /** What clients do over and over, each time with a new key. */
  const requests: readonly ((idempotencyKey: string) => Answered['send'])[] = [
    (idempotencyKey) => (client) => client.scoreImages(modelId, [image!], { idempotencyKey }),
    (idempotencyKey) => (client) => client.createScoring({ modelId, datasetId }, { idempotencyKey }),
    (idempotencyKey) => async (client) => {
      const { id } = await client.createDataset({ name: 'Made meanwhile' }, { idempotencyKey });
      return client.uploadImages(id, [{ ...image!, split: 'test', label: 'abnormal' }], { idempotencyKey });
    },
  ];

  beforeAll(async () => {
    cluster = await Cluster.start();
    const client = cluster.apis[0]!.client();
    modelId = await readyModel(client);
    datasetId = await uploadExamples(client, { train: 4 });
  }, 120_000);
  afterAll(() => cluster?.stop());

  test('no client sees a failure', async () => {
    let restarting = true;
    const load = async (client: MediclipClient, request: (typeof requests)[number]) => {
      while (restarting) {
        const send = request(randomUUID());
        answered.push({ send, answer: await send(client) });
        for await (const { id } of client.listJobs({ state: 'queued' })) await client.waitForJob(id);
      }
    };
    const loads = Promise.all(cluster.apis.flatMap((api) => requests.map((request) => load(api.client(), request))));
    const restarts = async () => {
      await cluster.apis[0]!.client().createAdaptation({ datasetId, ...quickOptions(6) });
      for (const member of cluster.members()) {
        expect(await member.stop()).toBe(0);
        await member.start();
      }
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
    for await (const job of client.listJobs()) expect((await client.waitForJob(job.id)).state).toBe('succeeded');
  }, 120_000);
});
