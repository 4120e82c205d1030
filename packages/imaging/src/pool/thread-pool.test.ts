import { afterEach, describe, expect, test } from '@jest/globals';
import { TaskTimeout, ThreadPool } from './thread-pool.js';

/** A thread that echoes, dies or hangs as it is told. */
const ENTRY = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort, threadId } from 'node:worker_threads';
    parentPort.on('message', (request) => {
      if (request === 'exit') process.exit(3);
      if (request === 'throw') throw new Error('out of luck');
      if (request === 'hang') for (;;);
      if (request !== 'wait') parentPort.postMessage({ request, threadId });
    });
    parentPort.postMessage('ready');
  `)}`,
);

interface Reply {
  readonly request: string;
  readonly threadId: number;
}

const pools: ThreadPool<string, Reply>[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

async function started(threads: number, timeoutMs: number | null = null): Promise<ThreadPool<string, Reply>> {
  const pool = new ThreadPool<string, Reply>(ENTRY, { threads, timeoutMs }, undefined);
  pools.push(pool);
  await pool.start();
  return pool;
}

describe('a pool of threads', () => {
  test('answers every task, with no more threads than it may have', async () => {
    const pool = await started(2);
    const requests = Array.from({ length: 20 }, (_, i) => `task ${i}`);
    const replies = await Promise.all(requests.map((request) => pool.run(request)));
    expect(replies.map(({ request }) => request)).toEqual(requests);
    expect(new Set(replies.map(({ threadId }) => threadId)).size).toBeLessThanOrEqual(2);
  });

  test.each([
    ['exit', 'ended with code 3'],
    ['throw', 'out of luck'],
  ])('a thread that crashes (%s) fails its own task only and is replaced', async (request, message) => {
    const pool = await started(1);
    const before = await pool.run('before');
    const crash = pool.run(request);
    const after = pool.run('after');
    await expect(crash).rejects.toThrow(message);
    expect((await after).threadId).not.toBe(before.threadId);
  });

  test('a task that runs too long is ended, and the next one is served', async () => {
    const pool = await started(1, 300);
    const hang = pool.run('hang');
    const next = pool.run('next');
    await expect(hang).rejects.toBeInstanceOf(TaskTimeout);
    expect((await next).request).toBe('next');
  });

  test('a task can be given up before and while it runs', async () => {
    const pool = await started(1);
    const reason = new Error('no longer wanted');
    await expect(pool.run('late', [], AbortSignal.abort(reason))).rejects.toBe(reason);
    const [running, waiting] = [new AbortController(), new AbortController()];
    const outcomes = [pool.run('wait', [], running.signal), pool.run('never sent', [], waiting.signal)];
    waiting.abort(reason);
    running.abort(reason);
    for (const outcome of outcomes) await expect(outcome).rejects.toBe(reason);
  });

  test('closing rejects what is not done and takes no more', async () => {
    const pool = await started(1);
    const outcomes = [pool.run('wait'), pool.run('queued')];
    const closing = pool.close();
    for (const outcome of outcomes) await expect(outcome).rejects.toThrow('closed');
    await closing;
    await expect(pool.run('more')).rejects.toThrow('closed');
  });

  test('a thread that cannot start is an error of the start', async () => {
    const broken = new URL('data:text/javascript,throw new Error("broken entry")');
    const pool = new ThreadPool<string, Reply>(broken, { threads: 1, timeoutMs: null }, undefined);
    await expect(pool.start()).rejects.toThrow('broken entry');
  });
});
