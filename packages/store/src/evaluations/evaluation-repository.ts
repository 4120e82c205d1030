import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Evaluation, Page } from '@mediclip/contracts';
import { RecordExists, RecordNotFound } from '../errors.js';
import { forgetEvaluation } from '../forgetting/forget-evaluation.js';
import { forgottenImages } from '../forgetting/forgotten-images.js';
import type { JobAttempts } from '../jobs/job-attempts.js';
import type { Attempt } from '../jobs/job-record.js';
import { isPublished } from '../jobs/published.js';
import type { StoredStream } from '../object-store.js';
import type { Documents } from '../records/documents.js';
import { isId } from '../records/ids.js';
import { newestIn, type PageRequest, pageOf } from '../records/pages.js';
import { type Tenant, timestamp } from '../records/tenant.js';
import {
  evaluationDocuments,
  evaluationFileKey,
  evaluationFolder,
  evaluationKey,
  type StoredEvaluation,
} from './evaluation-record.js';
import { filesOfImages, recordWithoutImages, withoutImages } from './without-images.js';

/** What an evaluation job knows about its evaluation; the store adds the rest. */
export type EvaluationDescription = Omit<Evaluation, 'id' | 'jobId' | 'createdAt'>;

/** Which evaluations; without a field all of them. */
export interface EvaluationFilter {
  readonly modelId?: string | undefined;
  readonly datasetId?: string | undefined;
}

/** Evaluations of one tenant. Methods reject with `RecordNotFound` when the evaluation is not there. */
export class EvaluationRepository {
  readonly #tenant: Tenant;
  readonly #attempts: JobAttempts;
  readonly #documents: Documents<StoredEvaluation>;

  constructor(tenant: Tenant, attempts: JobAttempts) {
    this.#tenant = tenant;
    this.#attempts = attempts;
    this.#documents = evaluationDocuments(tenant);
  }

  /**
   * Stores what an evaluation job found, with its files by name; its id is the job's `resultId`. It exists when the job
   * has succeeded. When an earlier attempt of the job got as far as this, its evaluation stays and is returned. Rejects
   * with `StaleAttempt`.
   */
  async create(
    attempt: Attempt,
    description: EvaluationDescription,
    files: Readonly<Record<string, Uint8Array>> = {},
  ): Promise<Evaluation> {
    const { resultId: id } = await this.#attempts.assertCurrent(attempt);
    const filesFolder = `files-${attempt.fencingToken}`;
    for (const [name, bytes] of Object.entries(files)) {
      await this.#tenant.objects.put(`${evaluationFolder(this.#tenant, id)}${filesFolder}/${name}`, bytes);
    }
    const stored: StoredEvaluation = {
      schemaVersion: 1,
      ...description,
      id,
      jobId: attempt.jobId,
      createdAt: timestamp(this.#tenant),
      filesFolder,
    };
    await this.#attempts.assertCurrent(attempt);
    try {
      await this.#documents.create(evaluationKey(this.#tenant, id), stored);
      return toEvaluation(stored);
    } catch (error) {
      if (!(error instanceof RecordExists)) throw error;
      await this.#tenant.objects.deleteFolder(`${evaluationFolder(this.#tenant, id)}${filesFolder}/`);
      return toEvaluation(found(id, (await this.#documents.read(evaluationKey(this.#tenant, id)))?.value));
    }
  }

  /** Newest first, by the time they were asked for. Rejects with `InvalidCursor`. */
  list(page: PageRequest, { modelId, datasetId }: EvaluationFilter = {}): Promise<Page<Evaluation>> {
    return pageOf(
      newestIn(this.#tenant.objects, `${this.#tenant.prefix}evaluations/`),
      async (id) => {
        const stored = await this.#find(id);
        if (stored === undefined || (modelId ?? stored.modelId) !== stored.modelId) return undefined;
        return (datasetId ?? stored.datasetId) === stored.datasetId ? toEvaluation(stored) : undefined;
      },
      page,
    );
  }

  async get(id: string): Promise<Evaluation> {
    return toEvaluation(await this.#getStored(id));
  }

  /** One of the evaluation's files, without what it says of images whose deletion has begun. */
  async openFile(id: string, name: string): Promise<StoredStream> {
    const key = evaluationFileKey(this.#tenant, await this.#getStored(id), name);
    const forgotten = await forgottenImages(this.#tenant);
    const file = await this.#tenant.objects.getStream(key);
    if (file === undefined) throw new RecordNotFound(`The evaluation ${id} has no file ${name}: evaluate again.`);
    if (forgotten.size === 0 || !filesOfImages.includes(name)) return file;
    const bytes = await buffer(file.stream);
    const left = withoutImages(name, bytes, forgotten) ?? bytes;
    return { stream: Readable.from([left], { objectMode: false }), sizeBytes: left.byteLength };
  }

  /** Removes an evaluation with its scores and its report; the job that made it stays. */
  async delete(id: string): Promise<void> {
    await this.#getStored(id);
    await forgetEvaluation(this.#tenant, id);
  }

  async #getStored(id: string): Promise<StoredEvaluation> {
    return found(id, await this.#find(id));
  }

  async #find(id: string): Promise<StoredEvaluation | undefined> {
    const stored = isId(id) ? (await this.#documents.read(evaluationKey(this.#tenant, id)))?.value : undefined;
    if (stored === undefined) return undefined;
    if (!stored.withoutJob && !(await isPublished(this.#tenant, stored.jobId))) return undefined;
    const namesImages = (stored.foreign?.images ?? []).length > 0;
    return namesImages ? recordWithoutImages(stored, await forgottenImages(this.#tenant)) : stored;
  }
}

function found(id: string, stored: StoredEvaluation | undefined): StoredEvaluation {
  if (stored === undefined) throw new RecordNotFound(`There is no evaluation with the id ${id}: list the jobs.`);
  return stored;
}

function toEvaluation({ schemaVersion, filesFolder, withoutJob, ...evaluation }: StoredEvaluation): Evaluation {
  return evaluation;
}
