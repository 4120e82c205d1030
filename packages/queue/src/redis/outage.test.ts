import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findRedis, type RedisServer, startRedis } from '@mediclip/testing';
import { Redis } from 'ioredis';
import { type JobQueue, QueueUnavailableError } from '../job-queue.js';
import { aborted } from '../testing/deferred.js';
import { consumeByHand, done, newEntry } from '../testing/deliveries.js';
import { openRedisJobQueue, type RedisJobQueueOptions } from './job-queue.js';

const describeWithRedis = (await findRedis()) === null ? describe.skip : describe;

const roomy = { maxDepth: 100_000 };

describeWithRedis('a Redis that is away, wrong or full', () => {
  let server: RedisServer;
  const opened: JobQueue[] = [];

  beforeEach(async () => {
    server = await startRedis({ password: 'right' });
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((queue) => queue.close()));
    await server.stop();
  });

  async function open(options: Partial<RedisJobQueueOptions> = {}): Promise<JobQueue> {
    const queue = await openRedisJobQueue({
      storeId: 'test-store',
      url: server.url,
      kinds: ['adaptation'],
      retryDelayMs: 2,
      onError: () => undefined,
      ...options,
    });
    opened.push(queue);
    return queue;
  }

  test('a wrong password is said at once', async () => {
    const opening = open({ url: server.url.replace('right', 'wrong') });
    await expect(opening).rejects.toBeInstanceOf(QueueUnavailableError);
    await expect(opening).rejects.toThrow(/WRONGPASS/);
  });

  test('a missing password is said at once', async () => {
    await expect(open({ url: server.url.replace(':right@', '') })).rejects.toThrow(/NOAUTH/);
  });

  test('a server that is not there is said at once', async () => {
    await server.kill();
    await expect(open()).rejects.toThrow(/ECONNREFUSED/);
  });

  test('a server that evicts keys is refused', async () => {
    const evicting = await startRedis({ arguments: ['--maxmemory-policy', 'allkeys-lru'] });
    await expect(open({ url: evicting.url })).rejects.toThrow(/noeviction/);
    await evicting.stop();
  });

  test('a server that takes no writes, for want of memory or as a replica, is not ready and says why', async () => {
    const queue = await open();
    const redis = new Redis(server.url);
    await redis.config('SET', 'maxmemory', '1');
    await expect(queue.ping()).rejects.toThrow(/OOM/);
    await redis.config('SET', 'maxmemory', '0');
    await queue.ping();
    await redis.replicaof('127.0.0.1', 1);
    await expect(queue.ping()).rejects.toThrow(/READONLY/);
    await redis.replicaof('NO', 'ONE');
    await queue.ping();
    redis.disconnect();
  });

  test('while Redis is away every call says so, and entries and consumers go on when it is back', async () => {
    const queue = await open();
    const { deliveries } = await consumeByHand(queue);
    await queue.enqueue(newEntry(), roomy);
    const running = await deliveries.next();
    const waiting = newEntry();
    await queue.enqueue(waiting, roomy);
    await server.kill();
    await expect(queue.ping()).rejects.toBeInstanceOf(QueueUnavailableError);
    await expect(queue.enqueue(newEntry(), roomy)).rejects.toBeInstanceOf(QueueUnavailableError);
    await expect(consumeByHand(queue)).rejects.toBeInstanceOf(QueueUnavailableError);
    await expect(queue.depth()).rejects.toBeInstanceOf(QueueUnavailableError);
    await server.restart();
    running.answer.resolve(done);
    const next = await deliveries.next();
    expect(next.entry).toEqual(waiting);
    await queue.cancel(waiting);
    expect(await aborted(next.attempt.signal)).toMatchObject({ abortCause: 'cancelled' });
    next.answer.resolve(done);
  });

  test('an attempt is aborted when Redis stays away beyond its lock', async () => {
    const queue = await open({ lockMs: 600 });
    const { deliveries } = await consumeByHand(queue);
    await queue.enqueue(newEntry(), roomy);
    const running = await deliveries.next();
    await server.kill();
    expect(await aborted(running.attempt.signal)).toMatchObject({ abortCause: 'lock-lost' });
    running.answer.resolve(done);
    await server.restart();
    const again = await deliveries.next();
    expect(again.entry).toEqual(running.entry);
    expect(again.attempt.attempt).toBe(2);
    again.answer.resolve(done);
  });

  test('a Redis that lost everything is filled again from the records, with greater tokens', async () => {
    const queue = await open({ lockMs: 600 });
    const { deliveries } = await consumeByHand(queue);
    const entry = newEntry();
    await queue.enqueue(entry, roomy);
    const lost = await deliveries.next();
    const admin = new Redis(server.url);
    await admin.flushall();
    await admin.quit();
    expect(await aborted(lost.attempt.signal)).toMatchObject({ abortCause: 'lock-lost' });
    await queue.recover([entry]);
    lost.answer.resolve(done);
    const rebuilt = await deliveries.next();
    expect(rebuilt.entry).toEqual(entry);
    rebuilt.answer.resolve(done);
  });

  test('the same job is never worked on twice at once in one process', async () => {
    const queue = await open({ lockMs: 2000 });
    // Room for the other job also when the first comes again before it, and waits for the attempt that winds up.
    const { deliveries } = await consumeByHand(queue, { concurrency: 4 });
    const entry = newEntry();
    await queue.enqueue(entry, roomy);
    const first = await deliveries.next();
    const admin = new Redis(server.url);
    await admin.del(`mediclip:adaptation-jobs:${entry.jobId}:lock`);
    await admin.quit();
    expect(await aborted(first.attempt.signal)).toMatchObject({ abortCause: 'lock-lost' });
    const other = newEntry();
    await queue.enqueue(other, roomy);
    const second = await deliveries.next();
    expect(second.entry).toEqual(other);
    second.answer.resolve(done);
    first.answer.resolve(done);
    const successor = await deliveries.next();
    expect(successor.entry).toEqual(entry);
    successor.answer.resolve(done);
  });

  test('closing ends although Redis is away', async () => {
    const queue = await open({ lockMs: 500 });
    const { consumer, deliveries } = await consumeByHand(queue);
    await queue.enqueue(newEntry(), roomy);
    const running = await deliveries.next();
    await server.kill();
    const closing = consumer.close({ graceMs: 0 });
    running.answer.resolve(done);
    await closing;
  });

  test('holds only ids, and no more memory after thousands of jobs than after few', async () => {
    const queue = await open();
    const consumer = await queue.consume(async () => done, { concurrency: 32, onDead: async () => undefined });
    const admin = new Redis(server.url);
    const runJobs = async (count: number) => {
      for (let made = 0; made < count; made += 500) {
        await queue.recover(Array.from({ length: 500 }, () => newEntry()));
        const left = async () =>
          (await admin.zcard('mediclip:adaptation-jobs:prioritized')) +
          (await admin.llen('mediclip:adaptation-jobs:active'));
        while ((await left()) > 0) await pause(5);
      }
      const keys = await admin.keys('*');
      const bytes = await Promise.all(keys.map((key) => admin.memory('USAGE', key, 'SAMPLES', 0)));
      return { keys: keys.sort(), bytes: bytes.reduce<number>((sum, size) => sum + (size ?? 0), 0) };
    };
    const afterFew = await runJobs(500);
    const afterMany = await runJobs(2000);
    expect(afterMany.keys).toEqual(afterFew.keys);
    expect(afterMany.bytes).toBeLessThan(afterFew.bytes + 2 ** 16);
    expect(await admin.xlen('mediclip:adaptation-jobs:events')).toBeLessThan(500);
    await consumer.pause();
    const entry = newEntry();
    await queue.enqueue(entry, roomy);
    expect(JSON.parse((await admin.hget(`mediclip:adaptation-jobs:${entry.jobId}`, 'data')) ?? '')).toEqual(entry);
    await admin.quit();
  });
});
