import type { Job } from '@mediclip/contracts';
import type { TenantStore } from '@mediclip/store';
import type { HandlersOf } from '../http/handlers.js';
import { eventStreamAnswer } from './event-stream-answer.js';
import type { FollowedJobs } from './followed-jobs.js';
import { JobNewsSource } from './job-news.js';

export interface AllJobEventOptions {
  /** Which counts the streams. */
  readonly followed: Pick<FollowedJobs, 'takePlace'>;
  /** Aborts when the server closes: clients go on elsewhere with the id of the last event. */
  readonly closing: AbortSignal;
  readonly pollEveryMs?: number;
  readonly keepAliveMs?: number;
}

/** How many of the latest jobs are looked at for those that ended while nobody was connected. */
const looksBackOver = 200;

export function allJobEventHandlers(options: AllJobEventOptions): HandlersOf<'getAllJobEvents'> {
  const { followed, closing, pollEveryMs = 500, keepAliveMs = 10_000 } = options;
  const sources = new SharedSources(pollEveryMs);
  return {
    async getAllJobEvents({ headers, store, signal, request }) {
      const since = headers['last-event-id'] === undefined ? undefined : Number(headers['last-event-id']);
      return eventStreamAnswer(request, {
        ends: [signal, closing],
        leavePlace: followed.takePlace(store.tenant),
        open: (stopped) => sources.use(store, (source) => eventStream(source, { store, since, stopped, keepAliveMs })),
      });
    },
  };
}

/** The source of each tenant that somebody follows. */
class SharedSources {
  readonly #pollEveryMs: number;
  readonly #ofTenants = new Map<string, { readonly source: JobNewsSource; followers: number }>();

  constructor(pollEveryMs: number) {
    this.#pollEveryMs = pollEveryMs;
  }

  async *use<T>(store: TenantStore, use: (source: JobNewsSource) => AsyncIterable<T>): AsyncGenerator<T> {
    const { tenant } = store;
    const shared = this.#ofTenants.get(tenant) ?? { source: new JobNewsSource(store, this.#pollEveryMs), followers: 0 };
    this.#ofTenants.set(tenant, shared);
    shared.followers++;
    try {
      await shared.source.begun;
      yield* use(shared.source);
    } finally {
      if (--shared.followers === 0) {
        shared.source.close();
        this.#ofTenants.delete(tenant);
      }
    }
  }
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
 * aborts, or when its client reads so slowly that it would miss something: it comes again then.
 */
async function* eventStream(
  source: JobNewsSource,
  { store, since, stopped, keepAliveMs }: Following,
): AsyncGenerator<string> {
  yield ': ok\n\n';
  const begunAt = Date.now();
  const told = new Set<string>();
  for (const job of since === undefined ? [] : await endedSince(store, since)) {
    told.add(job.id);
    yield eventOf(Date.parse(job.finishedAt ?? ''), JSON.stringify(job));
  }
  let last = 0;
  while (!stopped.aborted) {
    const fresh = source.behind(last);
    if (fresh === undefined) return;
    for (const news of fresh) {
      last = news.number;
      if (!told.has(news.id)) yield eventOf(Math.max(begunAt, news.since), news.text);
    }
    // While a client was slow there may have been more.
    if (fresh.length > 0) continue;
    if (await source.isSilentFor(keepAliveMs, stopped)) yield ': keep-alive\n\n';
  }
}

const eventOf = (id: number, text: string): string => `event: job\nid: ${id}\ndata: ${text}\n\n`;

/** Those that ended since, the earliest first. */
async function endedSince(store: TenantStore, since: number): Promise<readonly Job[]> {
  const { items } = await store.jobs.list({ limit: looksBackOver });
  const endOf = ({ finishedAt }: Job) => (finishedAt === undefined ? Number.NaN : Date.parse(finishedAt));
  return items.filter((job) => endOf(job) >= since).sort((a, b) => endOf(a) - endOf(b));
}
