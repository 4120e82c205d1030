import { randomUUID } from 'node:crypto';
import type { Attempt, ConsumeOptions, Consumer, HandlerOutcome, JobEntry, JobQueue } from '../job-queue.js';
import { Arrivals, type Deferred, deferred } from './deferred.js';

/** One delivery, which stays open until the test answers it. */
interface Delivery {
  entry: JobEntry;
  attempt: Attempt;
  answer: Deferred<HandlerOutcome>;
}

interface Death {
  entry: JobEntry;
  reason: string;
}

export interface ControlledConsumer {
  consumer: Consumer;
  deliveries: Arrivals<Delivery>;
  deaths: Arrivals<Death>;
}

/** A consumer whose deliveries the test takes and answers one by one; those left open go back when it closes. */
export async function consumeByHand(
  queue: JobQueue,
  options: Partial<ConsumeOptions> = {},
): Promise<ControlledConsumer> {
  const deliveries = new Arrivals<Delivery>();
  const deaths = new Arrivals<Death>();
  const consumer = await queue.consume(
    (entry, attempt) => {
      const answer = deferred<HandlerOutcome>();
      deliveries.push({ entry, attempt, answer });
      attempt.signal.addEventListener('abort', () => {
        if (attempt.signal.reason.abortCause === 'closing') answer.resolve({ outcome: 'return', delayMs: 0 });
      });
      return answer.promise;
    },
    {
      concurrency: 1,
      onDead: async (entry, reason) => deaths.push({ entry, reason }),
      ...options,
    },
  );
  return { consumer, deliveries, deaths };
}

export const done: HandlerOutcome = { outcome: 'done' };

/** An entry of a job of its own. */
export function newEntry(kind = 'adaptation', tenant = 'default'): JobEntry {
  return { tenant, jobId: randomUUID(), kind };
}
