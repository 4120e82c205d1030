import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findRedis, type RedisServer, startRedis } from '@mediclip/testing';
import { Redis } from 'ioredis';
import { type JobEntry, QueueUnavailableError } from '../job-queue.js';
import { Arrivals, deferred } from '../testing/deferred.js';
import { consumeByHand, done, newEntry } from '../testing/deliveries.js';
import { conformanceKinds, testJobQueue } from '../testing/job-queue-conformance.js';
import { RedisConsumer } from './consumer.js';
import { openRedisJobQueue } from './job-queue.js';

const describeWithRedis = (await findRedis()) === null ? describe.skip : describe;

describeWithRedis('with a Redis server', () => {
  let server: RedisServer;
  let opened = 0;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  const open = (
    prefix: string,
    { storeId = 'store-a', onError }: { storeId?: string; onError?: (error: Error) => void } = {},
  ) =>
    openRedisJobQueue({
      url: server.url,
      kinds: conformanceKinds,
      prefix,
      storeId,
      retryDelayMs: 2,
      onError: onError ?? (() => undefined),
    });

  testJobQueue(
    'Redis',
    () => open(`test-${opened++}`),
    () => {
      const prefix = `test-${opened++}`;
      return Promise.all([open(prefix), open(prefix)]);
    },
  );

  test('under one prefix there are the entries of one store only', async () => {
    const queue = await open('shared');
    const refused = open('shared', { storeId: 'store-b' });
    await expect(refused).rejects.toThrow(QueueUnavailableError);
    await expect(refused).rejects.toThrow(/serves another store .*MEDICLIP_REDIS_PREFIX/);
    const other = await open('of-its-own', { storeId: 'store-b' });
    await Promise.all([queue.close(), other.close()]);
  });

  test('an entry that comes while its consumer closes is worked on by nobody, and stays', async () => {
    const queue = await open('closing');
    const comes = deferred<void>();
    const mark = { assertOurs: async () => comes.resolve() };
    const worked: JobEntry[] = [];
    const consumer = new RedisConsumer(
      async (entry) => {
        worked.push(entry);
        return done;
      },
      {
        queues: [
          { name: 'adaptation-jobs', deadLetters: { sweep() {}, async close() {} }, turns: { async take() {} } },
        ],
        ...{ concurrency: 1, mark, url: server.url, prefix: 'closing', lockMs: 15_000 },
        ...{ onError: () => undefined, onClosed: () => undefined },
      },
    );
    await consumer.start();
    await queue.enqueue(newEntry(), { maxDepth: 9 });
    await comes.promise;
    await consumer.close({ graceMs: 0 });
    expect(worked).toEqual([]);
    expect(await queue.depth()).toMatchObject({ adaptation: 1 });
    await queue.close();
  });

  test('a queue whose Redis is another store’s by now says so, and leaves its entries alone', async () => {
    const errors = new Arrivals<Error>();
    const queue = await open('lost', { onError: (error) => errors.push(error) });
    const { deliveries } = await consumeByHand(queue);
    const admin = new Redis(server.url);
    await admin.set('lost:store', 'store-b');
    await expect(queue.ping()).rejects.toThrow('another store');
    await expect(queue.enqueue(newEntry(), { maxDepth: 9 })).rejects.toThrow('another store');
    const owner = await open('lost', { storeId: 'store-b' });
    await owner.enqueue(newEntry(), { maxDepth: 9 });
    expect((await errors.next()).message).toContain('another store');
    expect(deliveries.size).toBe(0);
    while ((await owner.depth()).adaptation !== 1);
    expect(deliveries.size).toBe(0);
    await admin.quit();
    await Promise.all([queue.close(), owner.close()]);
  });
});
