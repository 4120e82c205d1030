import { type Page, type ScoringResult, scoringResultSchema } from '@mediclip/contracts';
import { z } from 'zod';
import { RecordExists, RecordNotFound } from '../errors.js';
import { Documents } from '../records/documents.js';
import { isId } from '../records/ids.js';
import { keysOf, type PageRequest, pageOf } from '../records/pages.js';
import type { Tenant } from '../records/tenant.js';
import type { JobAttempts } from './job-attempts.js';
import { type Attempt, jobFolder } from './job-record.js';

const storedResultSchema = z.strictObject({
  schemaVersion: z.literal(1),
  result: scoringResultSchema,
  /** Key of the image's anomaly map. */
  mapKey: z.string().optional(),
});

type StoredResult = z.infer<typeof storedResultSchema>;

/** Results of scorings by image, at `jobs/<id>/results/<image id>.json`, and anomaly maps beside them. */
export class JobResults {
  private readonly tenant: Tenant;
  private readonly attempts: JobAttempts;
  private readonly documents: Documents<StoredResult>;

  constructor(tenant: Tenant, attempts: JobAttempts) {
    this.tenant = tenant;
    this.attempts = attempts;
    this.documents = new Documents(tenant.objects, storedResultSchema);
  }

  /**
   * Keeps the result for an image, and its map in any encoding. The first result for an image stays: returns false when there was one.
   * Rejects with `StaleAttempt`.
   */
  async put(attempt: Attempt, result: ScoringResult, map?: Uint8Array): Promise<boolean> {
    await this.attempts.assertCurrent(attempt);
    const { jobId, fencingToken } = attempt;
    const mapKey = map && `${jobFolder(this.tenant, jobId)}maps/${result.imageId}.${fencingToken}`;
    try {
      if (mapKey) await this.tenant.objects.put(mapKey, map);
      await this.documents.create(this.keyOf(jobId, result.imageId), { schemaVersion: 1, result, mapKey });
      return true;
    } catch (error) {
      if (!(error instanceof RecordExists)) throw error;
      return false;
    }
  }

  /** Ids of the images that have a result: what the next attempt need not score again. */
  async done(jobId: string): Promise<Set<string>> {
    const ids = new Set<string>();
    for await (const id of this.ids(jobId)) ids.add(id);
    return ids;
  }

  /** In order of the images' upload. Rejects with `InvalidCursor`. */
  async list(jobId: string, page: PageRequest): Promise<Page<ScoringResult>> {
    const { items, nextCursor } = await pageOf(
      (cursor) => this.ids(jobId, cursor),
      async (id) => {
        const stored = (await this.find(jobId, id))?.result;
        return stored && { id, stored };
      },
      page,
    );
    return { items: items.map(({ stored }) => stored), ...(nextCursor && { nextCursor }) };
  }

  /** Rejects with `RecordNotFound`. */
  async get(jobId: string, imageId: string): Promise<ScoringResult> {
    return (await this.getStored(jobId, imageId)).result;
  }

  /** The image's anomaly map as it was put. Rejects with `RecordNotFound` when there is none. */
  async map(jobId: string, imageId: string): Promise<Uint8Array> {
    const { mapKey } = await this.getStored(jobId, imageId);
    const found = mapKey && (await this.tenant.objects.get(mapKey));
    if (!found) throw new RecordNotFound(`The job ${jobId} has no map of the image ${imageId}: read its result.`);
    return found.bytes;
  }

  private async getStored(jobId: string, imageId: string): Promise<StoredResult> {
    const stored = await this.find(jobId, imageId);
    if (stored === undefined) {
      throw new RecordNotFound(`The job ${jobId} has no result for the image ${imageId}: list its results.`);
    }
    return stored;
  }

  private async find(jobId: string, imageId: string): Promise<StoredResult | undefined> {
    if (!isId(jobId) || !isId(imageId)) return undefined;
    return (await this.documents.read(this.keyOf(jobId, imageId)))?.value;
  }

  private async *ids(jobId: string, cursor?: string): AsyncGenerator<string> {
    if (!isId(jobId)) return;
    const folder = this.folderOf(jobId);
    for await (const key of keysOf(this.tenant.objects, folder, cursor && `${folder}${cursor}~`)) {
      yield key.slice(folder.length, -'.json'.length);
    }
  }

  private folderOf(jobId: string): string {
    return `${jobFolder(this.tenant, jobId)}results/`;
  }

  private keyOf(jobId: string, imageId: string): string {
    return `${this.folderOf(jobId)}${imageId}.json`;
  }
}
