import { newId } from '../records/ids.js';
import type { Tenant } from '../records/tenant.js';
import { finishEvaluation } from './forget-evaluation.js';
import { resumeImage } from './forget-image.js';
import { finishJob } from './forget-job.js';
import { forgetOlderThan } from './forget-older.js';
import { finishTenant } from './forget-tenant.js';
import { Intentions, type StoredIntention } from './intentions.js';

/** Deletions that have begun, and those of what is old, or of everything. */
export class Forgetting {
  readonly #tenant: Tenant;

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
  }

  /** Goes on with deletions whose process died; one that another process is at is done twice, which is harmless. */
  async resume(): Promise<void> {
    for await (const intention of new Intentions(this.#tenant).all()) await this.#finish(intention);
  }

  /** Removes jobs that ended before this time, with their results and audits, and evaluations that were made before. */
  forgetOlderThan(timeMs: number): Promise<void> {
    return forgetOlderThan(this.#tenant, timeMs);
  }

  /** Removes everything that the tenant has. Nobody may add to it meanwhile. */
  async forgetAll(): Promise<void> {
    const intention = { kind: 'tenant', id: newId() } as const;
    await new Intentions(this.#tenant).add(intention);
    await finishTenant(this.#tenant);
  }

  #finish(intention: StoredIntention): Promise<void> {
    switch (intention.kind) {
      case 'job':
        return finishJob(this.#tenant, intention);
      case 'evaluation':
        return finishEvaluation(this.#tenant, intention.id);
      case 'image':
        return resumeImage(this.#tenant, intention);
      case 'tenant':
        return finishTenant(this.#tenant);
    }
  }
}
