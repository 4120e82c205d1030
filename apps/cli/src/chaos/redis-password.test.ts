import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MediclipClient } from '@mediclip/client';
import { findRedis, until } from '@mediclip/testing';
import { uploadExamples } from '../end-to-end/testing/examples.js';
import { mediclipInTurn } from '../testing/run-mediclip.js';
import { all } from './testing/all.js';
import { Cluster } from './testing/cluster.js';

const onRedis = (await findRedis()) === null ? describe.skip : describe;

onRedis('a Redis whose password', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.start({ apis: 1, workers: 1, redis: { password: 'right' } });
  }, 60_000);
  afterAll(() => cluster?.stop());

  /** Sends commands to Redis, which knows this connection by `password`; its answers. */
  async function ask(password: string, ...commands: string[]): Promise<string> {
    const socket = connect(cluster.redis.port, '127.0.0.1');
    socket.end([`AUTH ${password}`, ...commands, ''].join('\r\n'));
    return text(socket);
  }

  test.each(['api', 'worker'])('is another one is said at once by mediclip %s', async (role) => {
    const { end, stderr } = await mediclipInTurn([role], {
      MEDICLIP_REDIS_URL: cluster.redis.url.replace('right', 'wrong'),
      MEDICLIP_DATA_DIR: cluster.folder,
    });
    expect(end).toBe(1);
    expect(stderr).toMatch(/^mediclip: Redis at 127\.0\.0\.1:\d+ cannot be used: WRONGPASS [^\n]*\n$/);
  });

  test('is changed under running processes makes them unready, and loses nothing until it is changed back', async () => {
    const [api, worker] = [cluster.apis[0]!, cluster.workers[0]!];
    const client = api.client();
    const datasetId = await uploadExamples(client, { train: 3 });
    await client.waitForResult(await client.createAudit(datasetId));
    await ask('right', 'CONFIG SET requirepass other', 'CLIENT KILL TYPE normal', 'CLIENT KILL TYPE pubsub');

    for (const member of [api, worker]) {
      const state = await until(async () => {
        const response = await fetch(`${member.baseUrl}/readyz`);
        return response.status === 503 ? response.text() : undefined;
      });
      expect(state).toMatch(/"name":"queue","ok":false,"detail":"The queue on Redis cannot be used: WRONGPASS/);
    }
    const impatient = new MediclipClient({ baseUrl: api.baseUrl, retryBudgetMs: 0 });
    await expect(impatient.createAudit(datasetId)).rejects.toMatchObject({ slug: 'queue-unavailable' });
    expect(await all(client.listJobs())).toHaveLength(1);

    await ask('other', 'CONFIG SET requirepass right', 'CLIENT KILL TYPE normal', 'CLIENT KILL TYPE pubsub');
    await client.waitForResult(await client.createAudit(datasetId));
    expect((await fetch(`${worker.baseUrl}/readyz`)).status).toBe(200);
  }, 120_000);
});
