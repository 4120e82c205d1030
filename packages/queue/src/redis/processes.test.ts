import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { findRedis, type RedisServer, startRedis } from '@mediclip/testing';
import { type JobQueue, maxAttempts } from '../job-queue.js';
import type { ConsumerCommand, ConsumerEvent } from '../testing/consumer-process.js';
import { Arrivals } from '../testing/deferred.js';
import { consumeByHand, done, newEntry } from '../testing/deliveries.js';
import { openRedisJobQueue } from './job-queue.js';

const describeWithRedis = (await findRedis()) === null ? describe.skip : describe;

const program = new URL('../../dist/testing/consumer-process.js', import.meta.url);
const lockMs = 1000;
const roomy = { maxDepth: 1000 };

describeWithRedis('consumers that are processes', () => {
  let server: RedisServer;
  let queue: JobQueue;
  let prefix = '';
  let opened = 0;
  const children = new Set<ChildProcess>();

  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    children.clear();
    await queue.close();
  });

  async function openQueue(): Promise<JobQueue> {
    prefix = `test-${opened++}`;
    queue = await openRedisJobQueue({
      storeId: 'test-store',
      url: server.url,
      prefix,
      kinds: ['adaptation'],
      lockMs,
      onError: () => undefined,
    });
    return queue;
  }

  /** Starts a consumer; resolves when it consumes. */
  async function startConsumer() {
    const child = fork(program, [server.url, prefix, String(lockMs)], { execArgv: [] });
    children.add(child);
    const events = new Arrivals<ConsumerEvent>();
    const ready = new Promise<void>((resolve, reject) => {
      child.on('message', (event: ConsumerEvent) => {
        if (event.event === 'ready') resolve();
        else events.push(event);
      });
      child.once('exit', (code, signal) => reject(new Error(`the consumer ended early: ${code ?? signal}`)));
    });
    await ready;
    const next = async <E extends ConsumerEvent['event']>(kind: E) => {
      for (;;) {
        const event = await events.next();
        if (event.event === kind) return event as Extract<ConsumerEvent, { event: E }>;
      }
    };
    return {
      child,
      next,
      finish: (jobId: string) => child.send({ finish: jobId } satisfies ConsumerCommand),
      kill: async () => {
        const exited = once(child, 'exit');
        child.kill('SIGKILL');
        await exited;
        children.delete(child);
      },
    };
  }

  test('an entry whose consumer is killed goes to another', async () => {
    await openQueue();
    const victim = await startConsumer();
    const entry = newEntry();
    await queue.enqueue(entry, roomy);
    const first = await victim.next('delivered');
    expect(first).toMatchObject({ jobId: entry.jobId, attempt: 1 });
    await victim.kill();
    const { deliveries } = await consumeByHand(queue);
    const second = await deliveries.next();
    expect(second.entry).toEqual(entry);
    expect(second.attempt.attempt).toBe(2);
    second.answer.resolve(done);
  });

  test('an entry that kills every consumer is reported dead after its last attempt', async () => {
    await openQueue();
    const entry = newEntry();
    await queue.enqueue(entry, roomy);
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      const victim = await startConsumer();
      expect(await victim.next('delivered')).toMatchObject({ attempt });
      await victim.kill();
    }
    const { deliveries, deaths } = await consumeByHand(queue);
    expect((await deaths.next()).entry).toEqual(entry);
    expect(deliveries.size).toBe(0);
    expect(await queue.depth()).toEqual({ adaptation: 0 });
  });

  test('deaths and failures count together', async () => {
    await openQueue();
    const victim = await startConsumer();
    await queue.enqueue(newEntry(), roomy);
    await victim.next('delivered');
    await victim.kill();
    const { deliveries, deaths } = await consumeByHand(queue);
    for (let attempt = 2; attempt <= maxAttempts; attempt++) {
      const delivery = await deliveries.next();
      expect(delivery.attempt).toMatchObject({ attempt });
      delivery.answer.reject(new Error(`broken ${attempt}`));
    }
    expect((await deaths.next()).reason).toBe(`broken ${maxAttempts}`);
  });

  test('a frozen consumer loses its entry to a successor, is told when it wakes, and changes nothing then', async () => {
    await openQueue();
    const frozen = await startConsumer();
    const entry = newEntry();
    await queue.enqueue(entry, roomy);
    await frozen.next('delivered');
    frozen.child.kill('SIGSTOP');
    const { consumer, deliveries } = await consumeByHand(queue);
    const second = await deliveries.next();
    expect(second.entry).toEqual(entry);
    expect(second.attempt.attempt).toBe(2);

    frozen.child.kill('SIGCONT');
    const told = await frozen.next('aborted');
    expect(told).toMatchObject({ jobId: entry.jobId, abortCause: 'lock-lost' });
    // The woken one says `done` now. Its next delivery shows that BullMQ has heard it.
    const other = newEntry();
    await queue.enqueue(other, roomy);
    expect(await frozen.next('delivered')).toMatchObject({ jobId: other.jobId });
    expect(second.attempt.signal.aborted).toBe(false);
    second.answer.resolve(done);
    await consumer.pause();
    expect(await queue.depth()).toEqual({ adaptation: 0 });
    frozen.finish(other.jobId);
  });

  test('a job is cancelled in whichever process it runs', async () => {
    await openQueue();
    const consumer = await startConsumer();
    const entry = newEntry();
    await queue.enqueue(entry, roomy);
    await consumer.next('delivered');
    await queue.cancel(entry);
    expect(await consumer.next('aborted')).toMatchObject({ jobId: entry.jobId, abortCause: 'cancelled' });
  });
});
