import { type JobEvent, ProblemError } from '@mediclip/contracts';
import type { JobQueue } from '@mediclip/queue';
import { type JobRepository, RecordNotFound, type TenantStore } from '@mediclip/store';
import { Followers } from './followers.js';

/** How many streams of events there may be at once. */
interface StreamLimits {
  readonly ofTenant: number;
  readonly ofProcess: number;
}

export interface FollowedJobsOptions {
  readonly jobQueue: Pick<JobQueue, 'watch'>;
  readonly limits: StreamLimits;
  /** How often the record of a followed job is read although nothing was announced, 5,000 ms by default. */
  readonly pollEveryMs?: number;
}

const pollEveryMs = 5000;
const retryAfterSeconds = 10;

/**
 * The jobs that clients of this process follow. Each has one source, whatever the number of its followers: its record
 * is read when the queue says that it has changed, and every few seconds besides, in case the queue could not say so.
 */
export class FollowedJobs {
  readonly #options: Required<FollowedJobsOptions>;
  /** By tenant and id. */
  readonly #jobs = new Map<string, FollowedJob>();
  readonly #streamsOf = new Map<string, number>();
  #streams = 0;

  constructor(options: FollowedJobsOptions) {
    this.#options = { pollEveryMs, ...options };
  }

  /** Runs `use` with a job as long as a client follows it. Rejects with `RecordNotFound`. */
  async *follow<T>(
    { tenant, jobs }: Pick<TenantStore, 'tenant' | 'jobs'>,
    jobId: string,
    use: (job: FollowedJob) => AsyncIterable<T>,
  ): AsyncGenerator<T> {
    const key = `${tenant}/${jobId}`;
    const job = this.#jobs.get(key) ?? new FollowedJob(jobs, jobId, this.#options);
    this.#jobs.set(key, job);
    job.followers++;
    try {
      await job.begun;
      yield* use(job);
    } finally {
      if (--job.followers === 0) {
        job.close();
        this.#jobs.delete(key);
      }
    }
  }

  /**
   * Counts a stream of events as one of the tenant's until the function that it returns is called. Throws
   * `too-many-streams` when there is no room for it.
   */
  takePlace(tenant: string): () => void {
    const { ofTenant, ofProcess } = this.#options.limits;
    const ofThis = this.#streamsOf.get(tenant) ?? 0;
    if (ofThis >= ofTenant || this.#streams >= ofProcess) {
      const limit = ofThis < ofTenant ? ofProcess : ofTenant;
      throw new ProblemError('too-many-streams', undefined, { limit, retryAfterSeconds });
    }
    this.#count(tenant, 1);
    return () => this.#count(tenant, -1);
  }

  #count(tenant: string, change: 1 | -1): void {
    this.#streams += change;
    const count = (this.#streamsOf.get(tenant) ?? 0) + change;
    if (count === 0) this.#streamsOf.delete(tenant);
    else this.#streamsOf.set(tenant, count);
  }
}

/** A job with followers: its latest events, and a signal when there are new ones. */
export class FollowedJob {
  /** Resolves when the events were read for the first time. */
  readonly begun: Promise<void>;
  followers = 0;
  /** The latest events, oldest first; the last one of a job that has ended is its `end`. */
  events: readonly JobEvent[] = [];
  /** Whether the record is gone: its job could not be handed to the queue. */
  isGone = false;
  readonly #jobs: Pick<JobRepository, 'events'>;
  readonly #jobId: string;
  readonly #stop: () => void;
  readonly #waiting = new Followers();
  #reading: Promise<void> | undefined;
  #readAgain = false;

  constructor(
    jobs: Pick<JobRepository, 'events'>,
    jobId: string,
    { jobQueue, pollEveryMs: everyMs }: Required<FollowedJobsOptions>,
  ) {
    this.#jobs = jobs;
    this.#jobId = jobId;
    const unwatch = jobQueue.watch(jobId, () => this.#refresh());
    const poll = setInterval(() => this.#refresh(), everyMs).unref();
    this.#stop = () => {
      unwatch();
      clearInterval(poll);
    };
    this.begun = this.#read();
    // Whoever follows awaits it.
    this.begun.catch(() => undefined);
  }

  /** As `Followers.isSilentFor`. */
  isSilentFor(timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    return this.#waiting.isSilentFor(timeoutMs, signal);
  }

  close(): void {
    this.#stop();
  }

  /** Reads the record; once more when it was changed while it was read. */
  #refresh(): void {
    this.#readAgain = this.#reading !== undefined;
    this.#reading ??= this.#read()
      // A store that is away is asked again at the next announcement or poll.
      .catch(() => undefined)
      .finally(() => {
        this.#reading = undefined;
        if (this.#readAgain) this.#refresh();
      });
  }

  async #read(): Promise<void> {
    const before = this.events.at(-1)?.id ?? 0;
    try {
      this.events = await this.#jobs.events(this.#jobId);
    } catch (error) {
      if (!(error instanceof RecordNotFound)) throw error;
      this.isGone = true;
    }
    if (this.isGone || (this.events.at(-1)?.id ?? 0) > before) await this.#waiting.wake();
  }
}
