import { setTimeout as sleep } from 'node:timers/promises';
import { isFinal, type Job } from '@mediclip/contracts';
import { RecordNotFound, type TenantStore } from '@mediclip/store';
import type { HandlersOf } from '../http/handlers.js';
import { eventStreamAnswer } from './event-stream-answer.js';
import type { FollowedJobs } from './followed-jobs.js';

export interface AllJobEventOptions {
  /** Which counts the streams. */
  readonly followed: Pick<FollowedJobs, 'assertRoom' | 'counted'>;
  /** Aborts when the server closes: clients go on elsewhere with the id of the last event. */
  readonly closing: AbortSignal;
  readonly pollEveryMs?: number;
  readonly keepAliveMs?: number;
}

/** How many of the latest jobs are looked at for those that ended while nobody was connected. */
const looksBackOver = 200;
/** How many of the latest jobs each look reads for those that have ended already. */
const quickJobs = 8;
/** How long ago such a job may have ended; longer than looks and clocks are apart. */
const recentMs = 10_000;

export function allJobEventHandlers(options: AllJobEventOptions): HandlersOf<'getAllJobEvents'> {
  const { followed, closing, pollEveryMs = 500, keepAliveMs = 10_000 } = options;
  const sources = new Map<string, JobSource>();
  const sourceOf = (store: TenantStore) => {
    const source = sources.get(store.tenant) ?? new JobSource(store, pollEveryMs);
    sources.set(store.tenant, source);
    return source;
  };
  return {
    async getAllJobEvents({ headers, store, signal, request }) {
      followed.assertRoom(store.tenant);
      const since = headers['last-event-id'] === undefined ? undefined : Number(headers['last-event-id']);
      return eventStreamAnswer(request, [signal, closing], (stopped) =>
        followed.counted(store.tenant, eventStream(sourceOf(store), { store, since, stopped, keepAliveMs })),
      );
    },
  };
}

interface Following {
  readonly store: TenantStore;
  /** Milliseconds since 1970 of the last event that the client has seen. */
  readonly since: number | undefined;
  readonly stopped: AbortSignal;
  readonly keepAliveMs: number;
}

/**
 * What clients are to know of a tenant's jobs, as text of the event stream format (HTML, 9.2.6). Ends when `stopped`
 * aborts.
 */
async function* eventStream(
  source: JobSource,
  { store, since, stopped, keepAliveMs }: Following,
): AsyncGenerator<string> {
  yield ': ok\n\n';
  const told = new Map<string, string>();
  const ended = new Set<string>();
  let saidAt = performance.now();
  for (const job of since === undefined ? [] : await endedSince(store, since)) {
    ended.add(job.id);
    yield eventOf(job);
  }
  while (!stopped.aborted) {
    const jobs = await source.look(new Set(told.keys()));
    for (const id of told.keys()) if (!jobs.some((job) => job.id === id)) told.delete(id);
    for (const job of jobs) {
      const text = JSON.stringify(job);
      if (ended.has(job.id) || told.get(job.id) === text) continue;
      told.set(job.id, text);
      if (isFinal(job.state)) {
        told.delete(job.id);
        ended.add(job.id);
      }
      saidAt = performance.now();
      yield eventOf(job);
    }
    if (performance.now() - saidAt > keepAliveMs) {
      saidAt = performance.now();
      yield ': keep-alive\n\n';
    }
    await sleep(source.pollEveryMs, undefined, { signal: stopped }).catch(() => undefined);
  }
}

const eventOf = (job: Job): string => `event: job\nid: ${Date.now()}\ndata: ${JSON.stringify(job)}\n\n`;

async function endedSince(store: TenantStore, since: number): Promise<readonly Job[]> {
  const { items } = await store.jobs.list({ limit: looksBackOver });
  return items.filter(({ finishedAt }) => finishedAt !== undefined && Date.parse(finishedAt) >= since).reverse();
}

/** The jobs of a tenant, read once for all of its followers however many there are. */
class JobSource {
  #looked: Promise<readonly Job[]> | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;

  readonly #store: TenantStore;

  constructor(
    store: TenantStore,
    readonly pollEveryMs: number,
  ) {
    this.#store = store;
  }

  /**
   * The jobs that have not ended, those of `known` that have, and the latest that have just ended, which nobody may
   * have seen before. At most as old as the interval of polls.
   */
  async look(known: ReadonlySet<string>): Promise<readonly Job[]> {
    if (performance.now() - this.#lookedAt >= this.pollEveryMs) {
      this.#lookedAt = performance.now();
      this.#looked = this.#look();
    }
    const looked = (await this.#looked) ?? [];
    const ids = new Set(looked.map(({ id }) => id));
    const ended = await Promise.all([...known].filter((id) => !ids.has(id)).map((id) => this.#job(id)));
    return [...looked, ...ended.filter((job) => job !== undefined)];
  }

  /** `undefined` for a job that is gone, because it could not be handed to the queue. */
  async #job(id: string): Promise<Job | undefined> {
    try {
      return (await this.#store.jobs.get(id)).job;
    } catch (error) {
      if (error instanceof RecordNotFound) return undefined;
      throw error;
    }
  }

  async #look(): Promise<readonly Job[]> {
    const found: Job[] = [];
    for await (const { job } of this.#store.jobs.unfinished()) found.push(job);
    const ids = new Set(found.map(({ id }) => id));
    const { items } = await this.#store.jobs.list({ limit: quickJobs });
    const since = Date.now() - recentMs;
    const quick = items.filter(({ id, finishedAt }) => !ids.has(id) && Date.parse(finishedAt ?? '') >= since);
    return [...found, ...quick];
  }
}
