import { afterEach, describe, expect, test } from '@jest/globals';
import { AttemptAborted, type JobEntry, type JobQueue, maxAttempts } from '../job-queue.js';
import { Arrivals, aborted } from './deferred.js';
import { type ControlledConsumer, consumeByHand, done, newEntry } from './deliveries.js';

/** Kinds that a driver under test is opened with. */
export const conformanceKinds = ['adaptation', 'scoring'] as const;

type Deliveries = ControlledConsumer['deliveries'];

const roomy = { maxDepth: 1000 };

/**
 * What every driver promises. `open` makes an empty queue with `conformanceKinds` and a retry delay of a few
 * milliseconds; `openTwo` two that share it, as two processes do, where the driver can.
 */
export function testJobQueue(
  driver: string,
  open: () => Promise<JobQueue>,
  openTwo: () => Promise<[JobQueue, JobQueue]> = async () => {
    const queue = await open();
    return [queue, queue];
  },
): void {
  describe(`job queue on ${driver}`, () => {
    const opened: JobQueue[] = [];
    const openQueue = async () => {
      const queue = await open();
      opened.push(queue);
      return queue;
    };
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((queue) => queue.close()));
    });

    test('hands an entry to a handler, with its ids and nothing else', async () => {
      const queue = await openQueue();
      const { deliveries } = await consumeByHand(queue);
      const entry = newEntry();
      expect(await queue.enqueue({ ...entry, secret: 'x' } as typeof entry, roomy)).toEqual({ outcome: 'accepted' });
      const delivery = await deliveries.next();
      expect(delivery.entry).toEqual(entry);
      expect(delivery.attempt).toMatchObject({ attempt: 1 });
      delivery.answer.resolve(done);
    });

    test('hands out the oldest entry first', async () => {
      const queue = await openQueue();
      const entries = Array.from({ length: 5 }, () => newEntry());
      for (const entry of entries) await queue.enqueue(entry, roomy);
      const { deliveries } = await consumeByHand(queue);
      for (const entry of entries) {
        const delivery = await deliveries.next();
        expect(delivery.entry).toEqual(entry);
        delivery.answer.resolve(done);
      }
    });

    describe('with several tenants', () => {
      const entriesOf = (tenant: string, count: number) =>
        Array.from({ length: count }, () => newEntry('adaptation', tenant));
      const enqueueAll = async (queue: JobQueue, entries: readonly JobEntry[]) => {
        for (const entry of entries) await queue.enqueue(entry, roomy);
      };
      /** Takes and ends the deliveries that follow; the entries in their order. */
      const serve = async (deliveries: Deliveries, count: number) => {
        const served: JobEntry[] = [];
        for (let i = 0; i < count; i++) {
          const { entry, answer } = await deliveries.next();
          served.push(entry);
          answer.resolve(done);
        }
        return served;
      };

      test('a tenant that comes to a long line of another is next when a place is free', async () => {
        const queue = await openQueue();
        const { deliveries } = await consumeByHand(queue);
        const many = entriesOf('a', 101);
        await enqueueAll(queue, many);
        await serve(deliveries, 3);
        const running = await deliveries.next();
        const few = entriesOf('b', 2);
        await enqueueAll(queue, few);
        running.answer.resolve(done);
        expect(await serve(deliveries, 5)).toEqual([few[0], many[4], few[1], many[5], many[6]]);
      });

      test('all have one turn before any has a second, and the entries of each come in their order', async () => {
        const queue = await openQueue();
        const [a, b, c] = [entriesOf('a', 4), entriesOf('b', 1), entriesOf('c', 3)];
        await enqueueAll(queue, [...a, ...b, ...c]);
        const { deliveries } = await consumeByHand(queue);
        expect(await serve(deliveries, 8)).toEqual([a[0], b[0], c[0], a[1], c[1], a[2], c[2], a[3]]);
      });

      test('who was served longest ago is next, also after its line was empty', async () => {
        const queue = await openQueue();
        const { deliveries } = await consumeByHand(queue);
        const [a, b] = [entriesOf('a', 5), entriesOf('b', 3)];
        await enqueueAll(queue, a.slice(0, 4));
        await serve(deliveries, 1);
        const second = await deliveries.next();
        await enqueueAll(queue, b.slice(0, 1));
        second.answer.resolve(done);
        const ofB = await deliveries.next();
        await enqueueAll(queue, [...b.slice(1), ...a.slice(4)]);
        ofB.answer.resolve(done);
        expect([ofB.entry, ...(await serve(deliveries, 5))]).toEqual([b[0], a[2], b[1], a[3], b[2], a[4]]);
      });

      test('an entry that comes back is before all turns', async () => {
        const queue = await openQueue();
        const { deliveries } = await consumeByHand(queue);
        const [a, b] = [entriesOf('a', 2), entriesOf('b', 2)];
        await enqueueAll(queue, [...a, ...b]);
        const first = await deliveries.next();
        first.answer.resolve({ outcome: 'return', delayMs: 0 });
        expect(await serve(deliveries, 4)).toEqual([a[0], b[0], a[1], b[1]]);
      });

      test('what is cancelled or recovered leaves the turns of the others', async () => {
        const queue = await openQueue();
        const [a, b] = [entriesOf('a', 4), entriesOf('b', 3)];
        await enqueueAll(queue, a);
        await queue.recover([...a, ...b]);
        await queue.cancel(a[1]!);
        await queue.cancel(b[0]!);
        const { deliveries } = await consumeByHand(queue);
        const served = await serve(deliveries, 5);
        expect(served.filter(({ tenant }) => tenant === 'a')).toEqual([a[0], a[2], a[3]]);
        expect(served.filter(({ tenant }) => tenant === 'b')).toEqual([b[1], b[2]]);
        expect(
          served
            .slice(0, 4)
            .map(({ tenant }) => tenant)
            .sort(),
        ).toEqual(['a', 'a', 'b', 'b']);
      });
    });

    test('is full at its depth, says when to come back, and has room again afterwards', async () => {
      const queue = await openQueue();
      const results = await Promise.all(Array.from({ length: 20 }, () => queue.enqueue(newEntry(), { maxDepth: 7 })));
      expect(results.filter(({ outcome }) => outcome === 'accepted')).toHaveLength(7);
      const refusal = results.find(({ outcome }) => outcome === 'full');
      expect(refusal).toEqual({ outcome: 'full', retryAfterSeconds: expect.any(Number) });
      expect(await queue.enqueue(newEntry('scoring'), { maxDepth: 7 })).toEqual({ outcome: 'accepted' });
      const { deliveries } = await consumeByHand(queue, { kinds: ['adaptation'] });
      const delivery = await deliveries.next();
      expect(await queue.enqueue(newEntry(), { maxDepth: 7 })).toEqual({ outcome: 'accepted' });
      delivery.answer.resolve(done);
    });

    test('keeps one entry of a job, and takes it again once it was done', async () => {
      const queue = await openQueue();
      const entry = newEntry();
      await queue.enqueue(entry, roomy);
      await queue.enqueue(entry, roomy);
      expect(await queue.depth()).toEqual({ adaptation: 1, scoring: 0 });
      const { consumer, deliveries } = await consumeByHand(queue, { concurrency: 2 });
      const first = await deliveries.next();
      await queue.enqueue(entry, roomy);
      expect(await queue.depth()).toEqual({ adaptation: 0, scoring: 0 });
      first.answer.resolve(done);
      await consumer.pause();
      await queue.enqueue(entry, roomy);
      await consumer.resume();
      const second = await deliveries.next();
      expect(second.attempt.attempt).toBe(1);
      second.answer.resolve(done);
    });

    test('works on as many entries of a kind at once as it may', async () => {
      const queue = await openQueue();
      const { deliveries } = await consumeByHand(queue, { concurrency: 2 });
      for (let count = 0; count < 3; count++) await queue.enqueue(newEntry(), roomy);
      await queue.enqueue(newEntry('scoring'), roomy);
      const running = [await deliveries.next(), await deliveries.next(), await deliveries.next()];
      expect(running.map(({ entry }) => entry.kind).sort()).toEqual(['adaptation', 'adaptation', 'scoring']);
      expect(await queue.depth()).toEqual({ adaptation: 1, scoring: 0 });
      for (const { answer } of running) answer.resolve(done);
      (await deliveries.next()).answer.resolve(done);
    });

    test('gives a consumer only the kinds that it asked for', async () => {
      const queue = await openQueue();
      await queue.enqueue(newEntry('adaptation'), roomy);
      const scoring = newEntry('scoring');
      await queue.enqueue(scoring, roomy);
      const { deliveries } = await consumeByHand(queue, { kinds: ['scoring'], concurrency: 4 });
      const delivery = await deliveries.next();
      expect(delivery.entry).toEqual(scoring);
      delivery.answer.resolve(done);
      expect(await queue.depth()).toEqual({ adaptation: 1, scoring: 0 });
    });

    test('refuses a kind that it does not have', async () => {
      const queue = await openQueue();
      await expect(queue.enqueue(newEntry('baking'), roomy)).rejects.toThrow(RangeError);
      await expect(queue.recover([newEntry('baking')])).rejects.toThrow(RangeError);
      await expect(consumeByHand(queue, { kinds: ['baking'] })).rejects.toThrow(RangeError);
    });

    test('hands an entry out again when its handler throws, counts the attempts, and reports its death', async () => {
      const queue = await openQueue();
      const { deliveries, deaths } = await consumeByHand(queue);
      const entry = newEntry();
      await queue.enqueue(entry, roomy);
      for (let attempt = 1; attempt <= maxAttempts; attempt++) {
        const delivery = await deliveries.next();
        expect(delivery.entry).toEqual(entry);
        expect(delivery.attempt).toMatchObject({ attempt });
        delivery.answer.reject(new Error(`broken ${attempt}`));
      }
      expect(await deaths.next()).toEqual({ entry, reason: `broken ${maxAttempts}` });
      const next = newEntry();
      await queue.enqueue(next, roomy);
      const delivery = await deliveries.next();
      expect(delivery.entry).toEqual(next);
      delivery.answer.resolve(done);
    });

    test('reports a death again until the report succeeds', async () => {
      const queue = await openQueue();
      const entry = newEntry();
      await queue.enqueue(entry, roomy);
      let reports = 0;
      const reported = new Promise<void>((resolve) => {
        void consumeByHand(queue, {
          onDead: async () => {
            reports += 1;
            if (reports < 3) throw new Error('the store is away');
            resolve();
          },
        }).then(async ({ deliveries }) => {
          for (let attempt = 1; attempt <= maxAttempts; attempt++) {
            (await deliveries.next()).answer.reject(new Error('broken'));
          }
        });
      });
      await reported;
      expect(reports).toBe(3);
    });

    test('puts an entry back for later without counting an attempt', async () => {
      const queue = await openQueue();
      const { deliveries } = await consumeByHand(queue);
      await queue.enqueue(newEntry(), roomy);
      const first = await deliveries.next();
      first.answer.resolve({ outcome: 'return', delayMs: 0 });
      const second = await deliveries.next();
      second.answer.resolve({ outcome: 'return', delayMs: 20 });
      const third = await deliveries.next();
      expect(third.attempt.attempt).toBe(1);
      third.answer.resolve(done);
    });

    test('counts an entry that was put back for later as waiting', async () => {
      const queue = await openQueue();
      const { consumer, deliveries } = await consumeByHand(queue);
      await queue.enqueue(newEntry(), roomy);
      (await deliveries.next()).answer.resolve({ outcome: 'return', delayMs: 600_000 });
      await consumer.pause();
      expect(await queue.depth()).toEqual({ adaptation: 1, scoring: 0 });
    });

    test('takes a cancelled entry out while it waits', async () => {
      const queue = await openQueue();
      const cancelled = newEntry();
      const kept = newEntry();
      await queue.enqueue(cancelled, roomy);
      await queue.enqueue(kept, roomy);
      await queue.cancel(cancelled);
      expect(await queue.depth()).toEqual({ adaptation: 1, scoring: 0 });
      const { deliveries } = await consumeByHand(queue);
      const delivery = await deliveries.next();
      expect(delivery.entry).toEqual(kept);
      delivery.answer.resolve(done);
    });

    test('aborts a running attempt when its job is cancelled, and no other', async () => {
      const queue = await openQueue();
      const { deliveries } = await consumeByHand(queue, { concurrency: 2 });
      await queue.enqueue(newEntry(), roomy);
      await queue.enqueue(newEntry(), roomy);
      const cancelled = await deliveries.next();
      const other = await deliveries.next();
      await queue.cancel(cancelled.entry);
      const reason = await aborted(cancelled.attempt.signal);
      expect(reason).toBeInstanceOf(AttemptAborted);
      expect(reason).toMatchObject({ abortCause: 'cancelled' });
      expect(other.attempt.signal.aborted).toBe(false);
      for (const { answer } of [cancelled, other]) answer.resolve(done);
    });

    test('cancelling a job that is not here does nothing', async () => {
      const queue = await openQueue();
      await queue.cancel(newEntry());
      expect(await queue.depth()).toEqual({ adaptation: 0, scoring: 0 });
    });

    test('takes nothing while it is paused', async () => {
      const queue = await openQueue();
      const { consumer, deliveries } = await consumeByHand(queue);
      await queue.enqueue(newEntry(), roomy);
      const running = await deliveries.next();
      const paused = consumer.pause();
      const later = newEntry();
      await queue.enqueue(later, roomy);
      running.answer.resolve(done);
      await paused;
      expect(deliveries.size).toBe(0);
      expect(await queue.depth()).toEqual({ adaptation: 1, scoring: 0 });
      await consumer.resume();
      const delivery = await deliveries.next();
      expect(delivery.entry).toEqual(later);
      delivery.answer.resolve(done);
    });

    test('takes entries again although an attempt has gone on through the pause', async () => {
      const queue = await openQueue();
      const { consumer, deliveries } = await consumeByHand(queue, { concurrency: 2 });
      await queue.enqueue(newEntry(), roomy);
      const running = await deliveries.next();
      const paused = consumer.pause();
      const later = newEntry();
      await queue.enqueue(later, roomy);
      await consumer.resume();
      const delivery = await deliveries.next();
      expect(delivery.entry).toEqual(later);
      for (const { answer } of [running, delivery]) answer.resolve(done);
      await paused;
    });

    test('a paused consumer leaves entries to the others', async () => {
      const queue = await openQueue();
      const sick = await consumeByHand(queue);
      await sick.consumer.pause();
      const healthy = await consumeByHand(queue);
      for (let count = 0; count < 3; count++) {
        const entry = newEntry();
        await queue.enqueue(entry, roomy);
        const delivery = await healthy.deliveries.next();
        expect([delivery.entry, delivery.attempt.attempt]).toEqual([entry, 1]);
        delivery.answer.resolve(done);
      }
      expect(sick.deliveries.size).toBe(0);
    });

    test('closing waits for running attempts, and takes nothing more', async () => {
      const queue = await openQueue();
      const { consumer, deliveries } = await consumeByHand(queue);
      await queue.enqueue(newEntry(), roomy);
      const running = await deliveries.next();
      let closed = false;
      const closing = consumer.close({ graceMs: 600_000 }).then(() => {
        closed = true;
      });
      await queue.enqueue(newEntry(), roomy);
      expect(closed).toBe(false);
      running.answer.resolve(done);
      await closing;
      expect(running.attempt.signal.aborted).toBe(false);
      expect(deliveries.size).toBe(0);
      expect(await queue.depth()).toEqual({ adaptation: 1, scoring: 0 });
    });

    test('aborts what still runs after the grace, and hands it to the next consumer', async () => {
      const queue = await openQueue();
      const { consumer, deliveries } = await consumeByHand(queue);
      const entry = newEntry();
      await queue.enqueue(entry, roomy);
      const running = await deliveries.next();
      const closing = consumer.close({ graceMs: 0 });
      expect(await aborted(running.attempt.signal)).toMatchObject({ abortCause: 'closing' });
      await closing;
      const successor = await consumeByHand(queue);
      const delivery = await successor.deliveries.next();
      expect(delivery.entry).toEqual(entry);
      expect(delivery.attempt.attempt).toBe(1);
      delivery.answer.resolve(done);
    });

    test('takes an entry back from a handler that throws the reason of its abort, without counting an attempt', async () => {
      const queue = await openQueue();
      const { deliveries } = await consumeByHand(queue);
      await queue.enqueue(newEntry(), roomy);
      const first = await deliveries.next();
      await queue.cancel(first.entry);
      first.answer.reject(await aborted(first.attempt.signal));
      const second = await deliveries.next();
      expect(second.attempt).toMatchObject({ attempt: 1 });
      second.answer.resolve(done);
    });

    test('rebuilds the entries that are missing, whatever its depth', async () => {
      const queue = await openQueue();
      const { deliveries } = await consumeByHand(queue);
      const running = newEntry();
      const waiting = newEntry();
      const lost = newEntry('scoring');
      await queue.enqueue(running, roomy);
      const delivery = await deliveries.next();
      await queue.enqueue(waiting, roomy);
      await queue.recover([running, waiting, lost]);
      expect(await queue.depth()).toMatchObject({ adaptation: 1 });
      expect((await deliveries.next()).entry).toEqual(lost);
      delivery.answer.resolve(done);
      (await deliveries.next()).answer.resolve(done);
    });

    test('tells whoever watches a job that it was announced, in another process too, and nobody else', async () => {
      const [queue, other] = await openTwo();
      opened.push(queue, other);
      const heard: string[] = [];
      const arrivals = new Arrivals<string>();
      const watch = (name: string, jobId: string) =>
        other.watch(jobId, () => {
          heard.push(name);
          arrivals.push(name);
        });
      const stop = watch('first', 'job-a');
      watch('second', 'job-a');
      watch('other', 'job-b');
      // Redis may not have heard of the watching yet.
      while (heard.length === 0) {
        await queue.announce('job-a');
        await new Promise((resolve) => setImmediate(resolve));
      }
      await queue.announce('job-b');
      while ((await arrivals.next()) !== 'other');
      expect(heard.filter((name) => name === 'second').length).toBe(heard.filter((name) => name === 'first').length);
      stop();
      heard.length = 0;
      await queue.announce('job-a');
      await queue.announce('job-b');
      while ((await arrivals.next()) !== 'other' || heard.length < 2);
      expect(heard).toEqual(['second', 'other']);
    });

    test('answers a ping until it is closed', async () => {
      const queue = await openQueue();
      await queue.ping();
      await queue.close();
      await expect(queue.ping()).rejects.toThrow('closed');
      await expect(queue.enqueue(newEntry(), roomy)).rejects.toThrow('closed');
    });
  });
}
