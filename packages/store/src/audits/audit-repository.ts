import { type Audit, auditRecordSchema } from '@mediclip/contracts';
import type { z } from 'zod';
import { RecordExists, RecordNotFound } from '../errors.js';
import type { JobAttempts } from '../jobs/job-attempts.js';
import type { Attempt } from '../jobs/job-record.js';
import { isPublished } from '../jobs/published.js';
import { Documents } from '../records/documents.js';
import { isId } from '../records/ids.js';
import { type Tenant, timestamp } from '../records/tenant.js';

type AuditRecord = z.infer<typeof auditRecordSchema>;

/** What an audit job knows about its audit; the store adds the rest. */
export type AuditDescription = Omit<Audit, 'id' | 'jobId' | 'createdAt'>;

/** Audits of one tenant, each at `audits/<id>/audit.json`. */
export class AuditRepository {
  readonly #tenant: Tenant;
  readonly #attempts: JobAttempts;
  readonly #documents: Documents<AuditRecord>;

  constructor(tenant: Tenant, attempts: JobAttempts) {
    this.#tenant = tenant;
    this.#attempts = attempts;
    this.#documents = new Documents(tenant.objects, auditRecordSchema);
  }

  /**
   * Stores what an audit job found; its id is the job's `resultId`. It exists when the job has succeeded. When an
   * earlier attempt of the job got as far as this, its audit stays. Rejects with `StaleAttempt`.
   */
  async create(attempt: Attempt, description: AuditDescription): Promise<{ readonly id: string }> {
    const { resultId: id } = await this.#attempts.assertCurrent(attempt);
    const createdAt = timestamp(this.#tenant);
    try {
      await this.#documents.create(this.#keyOf(id), {
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
    const stored = isId(id) ? (await this.#documents.read(this.#keyOf(id)))?.value : undefined;
    if (stored === undefined || !(await isPublished(this.#tenant, stored.jobId))) {
      throw new RecordNotFound(`There is no audit with the id ${id}: list the jobs.`);
    }
    const { schemaVersion, ...audit } = stored;
    return audit;
  }

  #keyOf(id: string): string {
    return `${this.#tenant.prefix}audits/${id}/audit.json`;
  }
}
