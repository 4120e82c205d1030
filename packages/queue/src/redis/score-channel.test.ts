import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { findRedis, type RedisServer, startRedis } from '@mediclip/testing';
import { Redis } from 'ioredis';
import { QueueUnavailableError } from '../job-queue.js';
import { type ByteChannel, ScoreDeadlineError } from '../score-channel.js';
import { testScoreChannel } from '../testing/score-channel-conformance.js';
import { openRedisByteChannel } from './score-channel.js';
import { announce, ScoreKeys } from './score-protocol.js';

const describeWithRedis = (await findRedis()) === null ? describe.skip : describe;

describeWithRedis('with a Redis server', () => {
  let server: RedisServer;
  let opened = 0;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  testScoreChannel('Redis', async () => {
    const options = { url: server.url, prefix: `test-${opened++}`, onError: () => undefined };
    return { api: await openRedisByteChannel(options), worker: await openRedisByteChannel(options) };
  });
});

describeWithRedis('many large requests at once', () => {
  test('are all answered, a few megabytes under way to Redis at a time', async () => {
    const server = await startRedis();
    const options = { url: server.url, prefix: 'test', onError: () => undefined };
    const [api, worker] = await Promise.all([openRedisByteChannel(options), openRedisByteChannel(options)]);
    const send = Redis.prototype.eval;
    const post = jest.spyOn(Redis.prototype, 'eval');
    const [images, side, requests] = [32, 224, 32];
    const payload = new Uint8Array(images * side * side * 3);
    let sentBytes = 0;
    let mostBytes = 0;
    post.mockImplementation(async function counted(this: Redis, ...given: unknown[]) {
      const bytes = given.reduce<number>((sum, value) => sum + (value instanceof Uint8Array ? value.length : 0), 0);
      sentBytes += bytes;
      mostBytes = Math.max(mostBytes, sentBytes);
      try {
        return await (send as (...all: unknown[]) => Promise<unknown>).apply(this, given);
      } finally {
        sentBytes -= bytes;
      }
    } as never);
    try {
      await worker.serve(async (asked) => asked.subarray(0, 1), { topics: ['lite'], concurrency: 8 });
      const all = Array.from({ length: requests }, () => api.request(payload, { topic: 'lite', deadlineMs: 600_000 }));
      expect((await Promise.all(all)).map(({ length }) => length)).toEqual(Array(requests).fill(1));
      expect(mostBytes).toBeGreaterThanOrEqual(payload.length);
      expect(mostBytes).toBeLessThanOrEqual(8 * 2 ** 20);
    } finally {
      post.mockRestore();
      await Promise.all([api.close(), worker.close()]);
      await server.stop();
    }
  }, 120_000);
});

describeWithRedis('scores between processes', () => {
  let server: RedisServer;
  let api: ByteChannel;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    server = await startRedis();
    api = await openRedisByteChannel({ url: server.url, prefix: 'test', onError: () => undefined });
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await api.close();
    await server.stop();
  });

  /** Starts a worker; resolves when it answers. */
  async function startWorker(...topics: string[]): Promise<ChildProcess> {
    const program = new URL('../../dist/testing/answer-process.js', import.meta.url);
    const child = fork(program, [server.url, 'test', ...topics], { execArgv: [] });
    children.push(child);
    expect((await once(child, 'message'))[0]).toBe('ready');
    return child;
  }

  test('a worker answers from its own process; when it is killed its caller hears at the deadline, and others go on', async () => {
    const victim = await startWorker('lite');
    expect(Array.from(await api.request(Uint8Array.of(41, 255), { topic: 'lite', deadlineMs: 60_000 }))).toEqual([
      42, 0,
    ]);
    const stuck = api.request(Uint8Array.of(0), { topic: 'lite', deadlineMs: 2000 });
    await once(victim, 'message');
    victim.kill('SIGKILL');
    await expect(stuck).rejects.toBeInstanceOf(ScoreDeadlineError);
    await startWorker('lite');
    expect(Array.from(await api.request(Uint8Array.of(1), { topic: 'lite', deadlineMs: 60_000 }))).toEqual([2]);
  });

  test('requests of a topic whose last server has died go to any other', async () => {
    const admin = new Redis(server.url);
    const keys = new ScoreKeys('test:scores');
    await announce(admin, keys, 'dead', ['lite']);
    const reply = api.request(Uint8Array.of(1), { topic: 'lite', deadlineMs: 60_000 });
    while ((await admin.llen('test:scores:requests:lite')) === 0);
    await admin.zadd('test:scores:servers:lite', 1, 'dead');
    await startWorker('rn50');
    expect(Array.from(await reply)).toEqual([2]);
    await admin.quit();
  });

  test('while Redis is away a request says so, and everything goes on when it is back', async () => {
    const worker = await openRedisByteChannel({ url: server.url, prefix: 'test', onError: () => undefined });
    await worker.serve(async (payload) => payload, { topics: ['lite'], concurrency: 1 });
    const patience = { topic: 'lite', deadlineMs: 60_000 };
    await api.request(Uint8Array.of(1), patience);
    await server.kill();
    await expect(api.request(Uint8Array.of(2), patience)).rejects.toBeInstanceOf(QueueUnavailableError);
    await server.restart();
    expect(Array.from(await api.request(Uint8Array.of(3), patience))).toEqual([3]);
    await worker.close();
  });

  test('a server closes although Redis is away', async () => {
    const worker = await openRedisByteChannel({ url: server.url, prefix: 'test', onError: () => undefined });
    const serving = await worker.serve(async (payload) => payload, { topics: ['lite'], concurrency: 1 });
    await server.kill();
    await serving.close();
    await worker.close();
  });

  test('leaves nothing in Redis once all is answered, dropped or closed', async () => {
    const worker = await openRedisByteChannel({ url: server.url, prefix: 'test', onError: () => undefined });
    const serving = await worker.serve(async (payload) => payload, { topics: ['lite'], concurrency: 4 });
    await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        api.request(Uint8Array.of(index), { topic: index % 2 ? 'lite' : 'rn50', deadlineMs: 60_000 }),
      ),
    );
    await serving.close();
    const caller = new AbortController();
    const dropped = api.request(Uint8Array.of(1), { topic: 'lite', deadlineMs: 60_000, signal: caller.signal });
    caller.abort(new Error('gone'));
    await expect(dropped).rejects.toThrow('gone');
    await worker.close();
    const admin = new Redis(server.url);
    const keys = await admin.keys('*');
    expect(keys.filter((key) => key !== 'test:scores:requests')).toEqual([]);
    await admin.quit();
  });
});
