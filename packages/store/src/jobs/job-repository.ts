import {
  isFinal,
  type Job,
  type JobEvent,
  type JobKind,
  type JobOf,
  type JobState,
  type Page,
  type Problem,
} from '@mediclip/contracts';
import { isUsableDataset } from '../datasets/dataset-record.js';
import { JobNotEnded, RecordExists, RecordNotFound } from '../errors.js';
import { forgetJob } from '../forgetting/forget-job.js';
import { isUsableModel } from '../models/model-record.js';
import type { Documents } from '../records/documents.js';
import { isId, newId } from '../records/ids.js';
import { newestIn, type PageRequest, pageOf } from '../records/pages.js';
import { type Tenant, timestamp } from '../records/tenant.js';
import { ActiveJobs } from './active-jobs.js';
import { changeJob, type JobReads, jobDocuments, jobKey, modelsOf, type StoredJob, usesOf } from './job-record.js';
import { removeScratch } from './remove-scratch.js';
import { cancelRequested, endedFromOutside } from './transitions.js';

/** What a job is asked to do. */
export type JobRequest = { [K in JobKind]: Pick<JobOf<K>, 'kind' | 'request'> }[JobKind];

export interface JobFilter {
  readonly state?: JobState | undefined;
  readonly kind?: JobKind | undefined;
  /** That the job reads. */
  readonly datasetId?: string | undefined;
  /** That the job reads, or has made. */
  readonly modelId?: string | undefined;
}

/** Jobs of one tenant, as everybody but their worker sees them (`JobAttempts` is the worker's side). */
export class JobRepository {
  readonly #tenant: Tenant;
  readonly #documents: Documents<StoredJob>;
  readonly #active: ActiveJobs;

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
    this.#documents = jobDocuments(tenant);
    this.#active = new ActiveJobs(tenant);
  }

  /**
   * A new job, queued. Rejects with `RecordNotFound` when its data set or model is not there (or is being deleted), and
   * with `RecordExists` when `id` is taken.
   */
  async create(
    asked: JobRequest,
    { id = newId(), requestId }: { id?: string; requestId?: string } = {},
  ): Promise<StoredJob> {
    await this.#assertUsable(asked);
    const at = timestamp(this.#tenant);
    const stored: StoredJob = {
      schemaVersion: 1,
      job: { ...asked, id, state: 'queued', createdAt: at, attempt: 0 } as Job,
      fencingToken: 0,
      requestId,
      resultId: newId(),
      lastEventId: 1,
      events: [{ id: 1, at, type: 'state', state: 'queued' }],
      scratch: {},
    };
    if ((await this.#documents.read(jobKey(this.#tenant, id))) !== undefined) {
      throw new RecordExists(`There is a job with the id ${id} already: use it, or choose a new id.`);
    }
    await this.#active.add(id, usesOf(asked.request));
    await this.#documents.create(jobKey(this.#tenant, id), stored);
    try {
      await this.#assertUsable(asked);
    } catch (error) {
      await this.#tenant.objects.delete(jobKey(this.#tenant, id));
      await this.#active.remove(id);
      throw error;
    }
    return stored;
  }

  /**
   * Takes back a job that nobody was told of. Returns false for one that a worker has begun, which stays: the queue did
   * get it.
   */
  async withdraw(id: string): Promise<boolean> {
    const stored = await this.#find(id);
    if (stored === undefined) return true;
    if (stored.job.state !== 'queued' || stored.job.attempt > 0) return false;
    await this.#tenant.objects.delete(jobKey(this.#tenant, id));
    await this.#active.remove(id);
    return true;
  }

  /** Rejects with `RecordNotFound`. */
  async get(id: string): Promise<StoredJob> {
    return found(id, await this.#find(id));
  }

  /** Newest first. Rejects with `InvalidCursor`. */
  list(page: PageRequest, filter: JobFilter = {}): Promise<Page<Job>> {
    return pageOf(
      newestIn(this.#tenant.objects, `${this.#tenant.prefix}jobs/`),
      async (id) => {
        const job = (await this.#find(id))?.job;
        return job && passes(job, filter) ? job : undefined;
      },
      page,
    );
  }

  /**
   * Those of the latest 40 events that follow the one with the id `after`, in order. The last event of a job has the
   * type `end`. Rejects with `RecordNotFound`.
   */
  async events(id: string, after = 0): Promise<JobEvent[]> {
    const { events, job } = await this.get(id);
    return events
      .filter((event) => event.id > after)
      .map((event) => (event.type === 'end' ? { ...event, job } : event));
  }

  /**
   * Asks for a job to be cancelled. A waiting job is cancelled when this returns; a running one has
   * `cancelRequestedAt`, and its attempt must be told; one that has ended is returned as it is. Rejects with
   * `RecordNotFound`.
   */
  async requestCancel(id: string): Promise<StoredJob> {
    return this.#changeFromOutside(id, (stored) => cancelRequested(stored, timestamp(this.#tenant)));
  }

  /** Ends a job that nobody will work on any more, whatever became of its attempt. Rejects with `RecordNotFound`. */
  async giveUp(id: string, error: Problem): Promise<StoredJob> {
    return this.#changeFromOutside(id, (stored) =>
      endedFromOutside(
        stored,
        timestamp(this.#tenant),
        stored.cancelRequestedAt === undefined ? { state: 'failed', error } : { state: 'cancelled' },
      ),
    );
  }

  /**
   * Removes a job that has ended, with its results, maps and verdicts; what it made (a model, an evaluation) stays.
   * Rejects with `RecordNotFound`, and with `JobNotEnded`.
   */
  async delete(id: string): Promise<void> {
    const stored = await this.get(id);
    if (!isFinal(stored.job.state)) throw new JobNotEnded(`The job ${id} is ${stored.job.state}: cancel it first.`);
    await forgetJob(this.#tenant, stored);
  }

  /** Every job that has not ended, oldest first: what a queue that lost its entries is rebuilt from. */
  async *unfinished(): AsyncGenerator<StoredJob> {
    for await (const { jobId } of this.#active.all()) {
      const stored = await this.#find(jobId);
      if (stored && !isFinal(stored.job.state)) yield stored;
    }
  }

  /** How many jobs have not ended, without a look at them: those that end just now may count too. */
  unfinishedCount(): Promise<number> {
    return this.#active.count();
  }

  /** How many jobs wait and how many run, read from each of them. */
  async unfinishedByState(): Promise<{ readonly queued: number; readonly running: number }> {
    const counts = { queued: 0, running: 0 };
    for await (const { job } of this.unfinished()) counts[job.state === 'running' ? 'running' : 'queued']++;
    return counts;
  }

  /** Ends what processes that died had begun: creating jobs, and removing the scratch of those that have ended. */
  async sweep(): Promise<void> {
    for await (const { jobId, old } of this.#active.all()) {
      const stored = await this.#find(jobId);
      if (stored === undefined && old) await this.#active.remove(jobId);
      if (stored && isFinal(stored.job.state)) await removeScratch(this.#tenant, stored);
    }
  }

  async #changeFromOutside(id: string, change: (stored: StoredJob) => StoredJob): Promise<StoredJob> {
    await this.get(id);
    const stored = found(id, await changeJob(this.#tenant, id, change));
    if (isFinal(stored.job.state)) await removeScratch(this.#tenant, stored);
    return stored;
  }

  async #find(id: string): Promise<StoredJob | undefined> {
    return isId(id) ? (await this.#documents.read(jobKey(this.#tenant, id)))?.value : undefined;
  }

  async #assertUsable({ request }: JobRequest): Promise<void> {
    if ('datasetId' in request && !(await isUsableDataset(this.#tenant, request.datasetId))) {
      throw new RecordNotFound(`There is no data set with the id ${request.datasetId}: list the data sets.`);
    }
    for (const id of modelsOf(request)) {
      if (!(await isUsableModel(this.#tenant, id))) {
        throw new RecordNotFound(`There is no model with the id ${id}: list the models.`);
      }
    }
  }
}

function passes(job: Job, { state, kind, datasetId, modelId }: JobFilter): boolean {
  if ((state ?? job.state) !== job.state || (kind ?? job.kind) !== job.kind) return false;
  const { request, result }: { request: JobReads; result?: object | undefined } = job;
  const made = result && 'modelId' in result ? result.modelId : undefined;
  if ((datasetId ?? request.datasetId) !== request.datasetId) return false;
  return modelId === undefined || made === modelId || modelsOf(request).includes(modelId);
}

function found(id: string, stored: StoredJob | undefined): StoredJob {
  if (stored === undefined) throw new RecordNotFound(`There is no job with the id ${id}: list the jobs.`);
  return stored;
}
