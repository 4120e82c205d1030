import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { isFinal, type JobEvent } from '@mediclip/contracts';
import type { JobRepository } from '@mediclip/store';
import type { HandlersOf } from '../http/handlers.js';

export interface JobEventOptions {
  /** Aborts when the server closes: clients go on elsewhere with the id of the last event. */
  readonly closing: AbortSignal;
  readonly pollEveryMs?: number;
  readonly keepAliveMs?: number;
}

export function jobEventHandlers(options: JobEventOptions): HandlersOf<'getJobEvents'> {
  return {
    async getJobEvents({ params: { id }, headers, store: { jobs }, signal }) {
      await jobs.get(id);
      const after = Number(headers['last-event-id'] ?? 0);
      const stopped = AbortSignal.any([signal, options.closing]);
      return {
        mediaType: 'text/event-stream',
        bytes: Readable.from(eventStream(jobs, { id, after, stopped, ...options })),
        headers: { 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
      };
    },
  };
}

interface Following extends JobEventOptions {
  readonly id: string;
  readonly after: number;
  readonly stopped: AbortSignal;
}

/**
 * The events of a job behind `after` as text of the event stream format (HTML, 9.2.6), with comments that keep the connection
 * alive. Ends after the `end` event, or when `stopped` aborts.
 */
async function* eventStream(
  jobs: JobRepository,
  { id, after, stopped, pollEveryMs = 250, keepAliveMs = 10_000 }: Following,
): AsyncGenerator<string> {
  yield ': ok\n\n';
  let last = after;
  let saidAt = performance.now();
  while (!stopped.aborted) {
    for (const event of await eventsBehind(jobs, id, last)) {
      last = event.id;
      saidAt = performance.now();
      yield `event: ${event.type}\nid: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`;
      if (event.type === 'end') return;
    }
    if (performance.now() - saidAt > keepAliveMs) {
      saidAt = performance.now();
      yield ': keep-alive\n\n';
    }
    await sleep(pollEveryMs, undefined, { signal: stopped }).catch(() => undefined);
  }
}

/** What is new; of a job that has ended always the end, for nothing else will follow. */
async function eventsBehind(jobs: JobRepository, id: string, last: number): Promise<JobEvent[]> {
  const fresh = await jobs.events(id, last);
  if (fresh.length > 0 || !isFinal((await jobs.get(id)).job.state)) return fresh;
  return (await jobs.events(id)).slice(-1);
}
