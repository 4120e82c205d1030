import type { JobEvent } from '@mediclip/contracts';
import type { HandlersOf } from '../http/handlers.js';
import { eventStreamAnswer } from './event-stream-answer.js';
import type { FollowedJob, FollowedJobs } from './followed-jobs.js';

export interface JobEventOptions {
  readonly followed: FollowedJobs;
  /** Aborts when the server closes: clients go on elsewhere with the id of the last event. */
  readonly closing: AbortSignal;
  readonly keepAliveMs?: number;
}

export function jobEventHandlers({
  followed,
  closing,
  keepAliveMs = 10_000,
}: JobEventOptions): HandlersOf<'getJobEvents'> {
  return {
    async getJobEvents({ params: { id }, headers, store, signal, request }) {
      await store.jobs.get(id);
      const after = Number(headers['last-event-id'] ?? 0);
      return eventStreamAnswer(request, {
        ends: [signal, closing],
        leavePlace: followed.takePlace(store.tenant),
        open: (stopped) => followed.follow(store, id, (job) => eventStream(job, { after, stopped, keepAliveMs })),
      });
    },
  };
}

interface Following {
  readonly after: number;
  readonly stopped: AbortSignal;
  readonly keepAliveMs: number;
}

/**
 * The events of a job behind `after` as text of the event stream format (HTML, 9.2.6), with comments that keep the
 * connection alive. Ends after the `end` event, or when `stopped` aborts.
 */
async function* eventStream(job: FollowedJob, { after, stopped, keepAliveMs }: Following): AsyncGenerator<string> {
  yield ': ok\n\n';
  let last = after;
  while (!stopped.aborted && !job.isGone) {
    const fresh = eventsBehind(job.events, last);
    for (const event of fresh) {
      last = event.id;
      yield textOf(event);
      if (event.type === 'end') return;
    }
    // While a client was slow there may have been more.
    if (fresh.length > 0) continue;
    if (await job.isSilentFor(keepAliveMs, stopped)) yield ': keep-alive\n\n';
  }
}

const texts = new WeakMap<JobEvent, string>();

/** The event as text, written once for all who follow its job. */
function textOf(event: JobEvent): string {
  const text = texts.get(event) ?? `event: ${event.type}\nid: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`;
  texts.set(event, text);
  return text;
}

/** What is new; of a job that has ended always the end, for nothing else will follow. */
function eventsBehind(events: readonly JobEvent[], last: number): readonly JobEvent[] {
  const fresh = events.filter(({ id }) => id > last);
  return fresh.length > 0 || events.at(-1)?.type !== 'end' ? fresh : events.slice(-1);
}
