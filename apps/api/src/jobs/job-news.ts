import { setTimeout as sleep } from 'node:timers/promises';
import { isFinal, type Job } from '@mediclip/contracts';
import { RecordNotFound, type TenantStore } from '@mediclip/store';
import { Followers } from './followers.js';

/** The latest that is known of a job. */
export interface JobNews {
  /** Counts up with every change of any job. */
  readonly number: number;
  readonly id: string;
  /** The job as JSON. */
  readonly text: string;
  readonly hasEnded: boolean;
  /** `performance.now()` when it was seen. */
  readonly seenAt: number;
  /** Milliseconds since 1970: what ended before is in news with smaller numbers. */
  readonly since: number;
}

/** How many of the latest jobs each look reads for those that have ended already. */
const quickJobs = 8;
/** How long ago such a job may have ended; longer than looks and clocks are apart. */
const recentMs = 10_000;
/** How long the end of a job stays among the news, for followers whose connection is slow. */
const keptMs = 60_000;
/** A look takes at most this share of the time. */
const share = 0.1;

/**
 * The jobs of a tenant, read once for all who follow them: those that have not ended, and those that have just ended.
 */
export class JobNewsSource {
  /** Resolves after the first look. */
  readonly begun: Promise<void>;
  readonly #store: TenantStore;
  readonly #pollEveryMs: number;
  readonly #followers = new Followers();
  readonly #closed = new AbortController();
  /** In the order of their numbers, one of each job. */
  #news: readonly JobNews[] = [];
  #latest = 0;
  /** The greatest number of news that are no longer kept. */
  #dropped = 0;
  #lookedAt = Date.now();

  constructor(store: TenantStore, pollEveryMs: number) {
    this.#store = store;
    this.#pollEveryMs = pollEveryMs;
    this.begun = this.#look();
    void this.#run();
  }

  /**
   * The news behind a number, oldest first; 0 is for who has seen none, and gets what is of interest now. `undefined`
   * when there were more than are kept.
   */
  behind(number: number): readonly JobNews[] | undefined {
    if (number === 0) {
      const since = performance.now() - recentMs;
      return this.#news.filter(({ hasEnded, seenAt }) => !hasEnded || seenAt >= since);
    }
    if (number < this.#dropped) return undefined;
    // Who follows has nearly always seen nearly all of them.
    return this.#news.slice(this.#news.findLastIndex((news) => news.number <= number) + 1);
  }

  /** As `Followers.isSilentFor`. */
  isSilentFor(timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    return this.#followers.isSilentFor(timeoutMs, signal);
  }

  close(): void {
    this.#closed.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#closed;
    // Whoever follows awaits it.
    await this.begun.catch(() => undefined);
    while (!signal.aborted) {
      const begunAt = performance.now();
      // A store that is away is asked again at the next look.
      await this.#look().catch(() => undefined);
      const tookMs = performance.now() - begunAt;
      await sleep(Math.max(this.#pollEveryMs, tookMs / share), undefined, { signal }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const lookedAt = Date.now();
    const jobs = await this.#jobs();
    const seenAt = performance.now();
    const before = new Map(this.#news.map((news) => [news.id, news]));
    const fresh: JobNews[] = [];
    for (const job of jobs) {
      const text = JSON.stringify(job);
      if (before.get(job.id)?.text === text) continue;
      before.delete(job.id);
      const { id, state } = job;
      fresh.push({ number: ++this.#latest, id, text, hasEnded: isFinal(state), seenAt, since: this.#lookedAt });
    }
    const there = new Set(jobs.map(({ id }) => id));
    const kept: JobNews[] = [];
    for (const news of before.values()) {
      if (news.hasEnded ? seenAt - news.seenAt < keptMs : there.has(news.id)) kept.push(news);
      else this.#dropped = Math.max(this.#dropped, news.number);
    }
    this.#news = [...kept, ...fresh];
    this.#lookedAt = lookedAt;
    if (fresh.length > 0) await this.#followers.wake();
  }

  /** Those that have not ended, those that had not at the last look, and the latest that ended before any look. */
  async #jobs(): Promise<readonly Job[]> {
    const unfinished: Job[] = [];
    for await (const { job } of this.#store.jobs.unfinished()) unfinished.push(job);
    const ids = new Set([...unfinished, ...this.#news.filter(({ hasEnded }) => hasEnded)].map(({ id }) => id));
    const ended: Job[] = [];
    for (const { id, hasEnded } of this.#news) {
      const job = hasEnded || ids.has(id) ? undefined : await this.#job(id);
      if (job) ended.push(job);
      ids.add(id);
    }
    const { items } = await this.#store.jobs.list({ limit: quickJobs });
    const since = Date.now() - recentMs;
    const quick = items.filter(({ id, finishedAt }) => !ids.has(id) && Date.parse(finishedAt ?? '') >= since);
    return [...unfinished, ...ended, ...quick];
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
}
