import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { maxAttempts } from '../job-queue.js';
import { deferred } from '../testing/deferred.js';
import { newEntry } from '../testing/deliveries.js';
import { openEmbeddedJobQueue } from './job-queue.js';

/** What happens to a job: how often its consumer dies, how often it is put back, how often it is enqueued. */
const story = fc.record({
  deaths: fc.nat({ max: maxAttempts + 1 }),
  returns: fc.nat({ max: 2 }),
  enqueues: fc.integer({ min: 1, max: 3 }),
});

describe('embedded queue under any interleaving', () => {
  test('every accepted entry is done exactly once, or reported dead after its attempts, and never runs twice at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(story, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        async (scheduler, stories, consumers, concurrency, oneConsumerLeaves) => {
          const jobs = stories.map((told) => ({
            ...told,
            entry: newEntry(),
            attempts: [] as number[],
            running: false,
          }));
          const jobOf = (jobId: string) => jobs.find(({ entry }) => entry.jobId === jobId)!;
          const endings: string[] = [];
          const errors: string[] = [];
          const allEnded = deferred();
          let running = 0;
          let mostRunning = 0;
          const ended = (how: string, jobId: string) => {
            endings.push(`${how} ${jobId}`);
            if (endings.length === jobs.length) allEnded.resolve();
          };
          const queue = openEmbeddedJobQueue({
            kinds: ['adaptation'],
            retryDelayMs: 0,
            onError: (error) => errors.push(error.message),
          });

          for (const { entry, enqueues } of jobs) {
            for (let time = 0; time < enqueues; time++) await queue.enqueue(entry, { maxDepth: 1000 });
          }
          const started = Array.from({ length: consumers }, () =>
            queue.consume(
              async ({ jobId }, { attempt }) => {
                const job = jobOf(jobId);
                expect(job.running).toBe(false);
                job.running = true;
                running += 1;
                mostRunning = Math.max(mostRunning, running);
                await queue.enqueue(job.entry, { maxDepth: 1000 });
                await scheduler.schedule(Promise.resolve(), `work on ${jobId}`);
                job.running = false;
                running -= 1;
                if (job.returns > 0) {
                  job.returns -= 1;
                  return { outcome: 'return', delayMs: 0 };
                }
                job.attempts.push(attempt);
                if (job.attempts.length <= job.deaths) throw new Error('died');
                ended('done', jobId);
                return { outcome: 'done' };
              },
              { concurrency, onDead: async ({ jobId }) => ended('dead', jobId) },
            ),
          );
          const [first] = await Promise.all(started);
          if (oneConsumerLeaves && consumers > 1) {
            void scheduler.schedule(Promise.resolve(), 'leave').then(() => first!.close({ graceMs: 600_000 }));
          }
          await scheduler.waitFor(allEnded.promise);

          expect(errors.filter((message) => message !== 'died')).toEqual([]);
          expect([...endings].sort()).toEqual(
            jobs.map(({ deaths, entry }) => `${deaths < maxAttempts ? 'done' : 'dead'} ${entry.jobId}`).sort(),
          );
          for (const { deaths, attempts } of jobs) {
            const expected = Math.min(deaths + 1, maxAttempts);
            expect(attempts).toEqual(Array.from({ length: expected }, (_, index) => index + 1));
          }
          expect(mostRunning).toBeLessThanOrEqual(consumers * concurrency);
          await queue.close();
        },
      ),
      { numRuns: 200 },
    );
  });
});
