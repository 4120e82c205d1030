import { idSchema } from '@mediclip/contracts';
import { z } from 'zod';
import { Documents } from '../records/documents.js';
import type { Tenant } from '../records/tenant.js';

const markerSchema = z.strictObject({
  schemaVersion: z.literal(1),
  jobId: idSchema,
  /** Ids of the data set and the models that the job reads. */
  uses: z.array(idSchema),
});

/** After which time a marker without a job counts as left behind by a process that died while it created the job. */
const creationMs = 600_000;

export interface ActiveJob {
  readonly jobId: string;
  readonly uses: readonly string[];
  /** True when so much time has passed since the marker was written that a missing job will not come any more. */
  readonly old: boolean;
}

/**
 * Markers `active-jobs/<job id>.json` of jobs that have not ended, or whose end has not been tidied up yet. A marker is
 * written before its job's record and removed last of all, so every unfinished job has one: who looks for them needs
 * not read all jobs there ever were.
 */
export class ActiveJobs {
  readonly #tenant: Tenant;
  readonly #markers: Documents<z.infer<typeof markerSchema>>;

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
    this.#markers = new Documents(tenant.objects, markerSchema);
  }

  async add(jobId: string, uses: readonly string[]): Promise<void> {
    await this.#markers.put(this.#keyOf(jobId), { schemaVersion: 1, jobId, uses: [...uses] });
  }

  async remove(jobId: string): Promise<void> {
    await this.#tenant.objects.delete(this.#keyOf(jobId));
  }

  /** How many markers there are: jobs that have not ended, and a few that have ended or begun just now. */
  async count(): Promise<number> {
    let count = 0;
    for await (const _ of this.#tenant.objects.keys(`${this.#tenant.prefix}active-jobs/`)) count++;
    return count;
  }

  /** All markers, oldest job first. */
  async *all(): AsyncGenerator<ActiveJob> {
    for await (const key of this.#tenant.objects.keys(`${this.#tenant.prefix}active-jobs/`)) {
      const [marker, info] = await Promise.all([this.#markers.read(key), this.#tenant.objects.head(key)]);
      if (marker === undefined || info === undefined) continue;
      yield { ...marker.value, old: info.modifiedAt.getTime() < this.#tenant.now() - creationMs };
    }
  }

  #keyOf(jobId: string): string {
    return `${this.#tenant.prefix}active-jobs/${jobId}.json`;
  }
}
