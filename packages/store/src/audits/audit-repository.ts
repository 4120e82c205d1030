import type { Audit } from '@mediclip/contracts';
import { RecordExists, RecordNotFound } from '../errors.js';
import { forgottenImages } from '../forgetting/forgotten-images.js';
import type { JobAttempts } from '../jobs/job-attempts.js';
import type { Attempt } from '../jobs/job-record.js';
import { isPublished } from '../jobs/published.js';
import type { Documents } from '../records/documents.js';
import { isId } from '../records/ids.js';
import { type Tenant, timestamp } from '../records/tenant.js';
import { type AuditRecord, auditDocuments, auditKey } from './audit-record.js';
import { withoutImages } from './without-images.js';

/** What an audit job knows about its audit; the store adds the rest. */
export type AuditDescription = Omit<Audit, 'id' | 'jobId' | 'createdAt'>;

/** Audits of one tenant. */
export class AuditRepository {
  readonly #tenant: Tenant;
  readonly #attempts: JobAttempts;
  readonly #documents: Documents<AuditRecord>;

  constructor(tenant: Tenant, attempts: JobAttempts) {
    this.#tenant = tenant;
    this.#attempts = attempts;
    this.#documents = auditDocuments(tenant);
  }

  /**
   * Stores what an audit job found; its id is the job's `resultId`. It exists when the job has succeeded. When an
   * earlier attempt of the job got as far as this, its audit stays. Rejects with `StaleAttempt`.
   */
  async create(attempt: Attempt, description: AuditDescription): Promise<{ readonly id: string }> {
    const { resultId: id } = await this.#attempts.assertCurrent(attempt);
    const createdAt = timestamp(this.#tenant);
    try {
      await this.#documents.create(auditKey(this.#tenant, id), {
        schemaVersion: 1,
        ...description,
        id,
        jobId: attempt.jobId,
        createdAt,
      });
    } catch (error) {
      if (!(error instanceof RecordExists)) throw error;
    }
    return { id };
  }

  /** Rejects with `RecordNotFound`. */
  async get(id: string): Promise<Audit> {
    const stored = isId(id) ? (await this.#documents.read(auditKey(this.#tenant, id)))?.value : undefined;
    if (stored === undefined || !(await isPublished(this.#tenant, stored.jobId))) {
      throw new RecordNotFound(`There is no audit with the id ${id}: list the jobs.`);
    }
    const { schemaVersion, ...audit } = withoutImages(stored, await forgottenImages(this.#tenant));
    return audit;
  }
}
