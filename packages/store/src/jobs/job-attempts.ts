import { randomUUID } from 'node:crypto';
import { isFinal, type JobProgress } from '@mediclip/contracts';
import { sha256Of } from '@mediclip/files';
import { DamagedContent, RecordNotFound, StaleAttempt } from '../errors.js';
import type { Documents } from '../records/documents.js';
import { isId } from '../records/ids.js';
import { type Tenant, timestamp } from '../records/tenant.js';
import {
  type Attempt,
  assertCurrent,
  changeJob,
  jobDocuments,
  jobFolder,
  jobKey,
  type StoredJob,
} from './job-record.js';
import { removeScratch } from './remove-scratch.js';
import { type Ending, endedBy, endedFromOutside, progressed, released, started } from './transitions.js';

/**
 * The worker's side of jobs. Every write carries the attempt's fencing token and rejects with `StaleAttempt` when
 * another attempt has begun or the job has ended: then the worker must stop, whatever it has done counts for nothing.
 */
export class JobAttempts {
  readonly #tenant: Tenant;
  readonly #documents: Documents<StoredJob>;

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
    this.#documents = jobDocuments(tenant);
  }

  /**
   * Takes a job up. Whoever worked on it before loses the right to. Rejects with `StaleAttempt` when the job has ended
   * (also by this call, when someone has asked for it to be cancelled), with `RecordNotFound` when there is none.
   */
  async start(jobId: string): Promise<{ attempt: Attempt; stored: StoredJob }> {
    const stored = await this.#change(jobId, (current) => {
      const at = timestamp(this.#tenant);
      if (isFinal(current.job.state)) return current;
      return current.cancelRequestedAt === undefined
        ? started(current, at)
        : endedFromOutside(current, at, { state: 'cancelled' });
    });
    if (isFinal(stored.job.state)) {
      await removeScratch(this.#tenant, stored);
      throw new StaleAttempt(`The job ${jobId} has ended (${stored.job.state}): take the next one.`);
    }
    return { attempt: { jobId, fencingToken: stored.fencingToken }, stored };
  }

  /** Writes down how far the job is, and answers the job: `cancelRequestedAt` tells whether to stop. */
  progress(attempt: Attempt, progress: JobProgress): Promise<StoredJob> {
    return this.#change(attempt.jobId, (stored) => progressed(stored, timestamp(this.#tenant), attempt, progress));
  }

  /** The job's current record. Rejects with `StaleAttempt` when the attempt has lost its right. */
  async assertCurrent(attempt: Attempt): Promise<StoredJob> {
    const found = await this.#documents.read(jobKey(this.#tenant, attempt.jobId));
    if (found === undefined) throw new StaleAttempt(`The job ${attempt.jobId} is gone: stop working on it.`);
    assertCurrent(found.value, attempt);
    return found.value;
  }

  /**
   * Keeps bytes that the next attempt needs if this one dies (a checkpoint, the list of images), in place of the ones
   * with this name before. They go when the job ends.
   */
  async putScratch(attempt: Attempt, name: string, bytes: Uint8Array): Promise<void> {
    await this.assertCurrent(attempt);
    const key = `${jobFolder(this.#tenant, attempt.jobId)}scratch/${randomUUID()}`;
    await this.#tenant.objects.put(key, bytes);
    const entry = { key, sha256: await sha256Of(bytes), sizeBytes: bytes.byteLength };
    let replaced: string | undefined;
    try {
      await this.#change(attempt.jobId, (stored) => {
        assertCurrent(stored, attempt);
        if (stored.scratch[name]?.key !== key) replaced = stored.scratch[name]?.key;
        return { ...stored, scratch: { ...stored.scratch, [name]: entry } };
      });
    } catch (error) {
      if (error instanceof StaleAttempt) await this.#tenant.objects.delete(key);
      throw error;
    }
    if (replaced !== undefined) await this.#tenant.objects.delete(replaced);
  }

  /** The bytes that an attempt kept under this name, `undefined` when there are none. Rejects with `DamagedContent`. */
  async getScratch(attempt: Attempt, name: string): Promise<Uint8Array | undefined> {
    const entry = (await this.assertCurrent(attempt)).scratch[name];
    if (entry === undefined) return undefined;
    const found = await this.#tenant.objects.get(entry.key);
    if (found === undefined || (await sha256Of(found.bytes)) !== entry.sha256) {
      await this.assertCurrent(attempt);
      throw new DamagedContent(`The ${name} of the job ${attempt.jobId} is gone or has changed: start the job anew.`);
    }
    return found.bytes;
  }

  /** Gives the job back, to be taken up by the next worker. */
  release(attempt: Attempt): Promise<StoredJob> {
    return this.#change(attempt.jobId, (stored) => released(stored, timestamp(this.#tenant), attempt));
  }

  /**
   * Ends the job; models and evaluations that it made exist from this moment on. It ends as cancelled when someone has
   * asked for that, so read `job.state` of the answer. Repeating the call is fine.
   */
  async end(attempt: Attempt, ending: Ending): Promise<StoredJob> {
    const stored = await this.#change(attempt.jobId, (current) =>
      endedBy(current, timestamp(this.#tenant), attempt, ending),
    );
    await removeScratch(this.#tenant, stored);
    return stored;
  }

  async #change(jobId: string, change: (stored: StoredJob) => StoredJob): Promise<StoredJob> {
    const stored = isId(jobId) ? await changeJob(this.#tenant, jobId, change) : undefined;
    if (stored === undefined) throw new RecordNotFound(`There is no job with the id ${jobId}: drop it from the queue.`);
    return stored;
  }
}
