import type { Tenant } from '../records/tenant.js';
import { finishEvaluation } from './forget-evaluation.js';
import { resumeImage } from './forget-image.js';
import { finishJob } from './forget-job.js';
import { Intentions, type StoredIntention } from './intentions.js';

/** Deletions of jobs, evaluations and images that have begun. */
export class Forgetting {
  readonly #tenant: Tenant;

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
  }

  /** Goes on with deletions whose process died; one that another process is at is done twice, which is harmless. */
  async resume(): Promise<void> {
    for await (const intention of new Intentions(this.#tenant).all()) await this.#finish(intention);
  }

  #finish(intention: StoredIntention): Promise<void> {
    switch (intention.kind) {
      case 'job':
        return finishJob(this.#tenant, intention);
      case 'evaluation':
        return finishEvaluation(this.#tenant, intention.id);
      case 'image':
        return resumeImage(this.#tenant, intention);
    }
  }
}
