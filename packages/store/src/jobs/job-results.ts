import type { Page, ScoringResult, Verdict } from '@mediclip/contracts';
import type { z } from 'zod';
import { InvalidCursor, RecordExists, RecordNotFound, StoreFull } from '../errors.js';
import { forgottenImages, isForgotten } from '../forgetting/forgotten-images.js';
import { Documents } from '../records/documents.js';
import { isId } from '../records/ids.js';
import { type PageRequest, pageOf } from '../records/pages.js';
import type { Tenant } from '../records/tenant.js';
import type { JobAttempts } from './job-attempts.js';
import type { Attempt } from './job-record.js';
import {
  type ResultQuery,
  type ResultRow,
  resultIndexSchema,
  resultIndexVersion,
  rowOf,
  selectRows,
} from './result-index.js';
import {
  mapKeys,
  resultDocuments,
  resultIndexKey,
  resultKey,
  resultsFolder,
  type StoredResult,
  type StoredVerdict,
  verdictDocuments,
  verdictKey,
  verdictsFolder,
} from './result-record.js';

/**
 * Results of scorings by image, and anomaly maps beside them. Those of an image whose deletion has begun are there for
 * nobody.
 */
export class JobResults {
  readonly #tenant: Tenant;
  readonly #attempts: JobAttempts;
  readonly #documents: Documents<StoredResult>;
  readonly #verdictDocuments: Documents<StoredVerdict>;
  readonly #indexes: Documents<z.infer<typeof resultIndexSchema>>;

  constructor(tenant: Tenant, attempts: JobAttempts) {
    this.#tenant = tenant;
    this.#attempts = attempts;
    this.#documents = resultDocuments(tenant);
    this.#verdictDocuments = verdictDocuments(tenant);
    this.#indexes = new Documents(tenant.objects, resultIndexSchema);
  }

  /**
   * Keeps the result for an image, and its map in any encoding. The first result for an image stays: returns false when
   * there was one. Rejects with `StaleAttempt`.
   */
  async put(attempt: Attempt, result: ScoringResult, map?: Uint8Array): Promise<boolean> {
    await this.#attempts.assertCurrent(attempt);
    const { jobId, fencingToken } = attempt;
    const mapKey = map && `${mapKeys(this.#tenant, jobId, result.imageId)}${fencingToken}`;
    try {
      if (mapKey) await this.#tenant.objects.put(mapKey, map);
      await this.#documents.create(resultKey(this.#tenant, jobId, result.imageId), {
        schemaVersion: 1,
        result,
        mapKey,
      });
      return true;
    } catch (error) {
      if (!(error instanceof RecordExists)) throw error;
      return false;
    }
  }

  /**
   * The results of a scoring, with people's verdicts: in order of the images' upload, or as `query` asks, which is for
   * scorings that have succeeded. The order never changes, whatever verdicts come meanwhile. Rejects with
   * `InvalidCursor`.
   */
  async list(jobId: string, { limit, cursor }: PageRequest, query: ResultQuery = {}): Promise<Page<ScoringResult>> {
    const judged = await this.#judged(jobId);
    const forgotten = await forgottenImages(this.#tenant);
    const load = async (id: string) => {
      const stored = forgotten.has(id) ? undefined : (await this.#find(jobId, id))?.result;
      return stored && { id, stored: judged.has(id) ? await this.#withVerdict(jobId, stored) : stored };
    };
    const isPlain = Object.values(query).every((value) => value === undefined);
    const ids = isPlain
      ? (after: string | undefined, wanted: number) => this.#ids(jobId, after, wanted)
      : async function* (this: JobResults, after: string | undefined) {
          const rows = selectRows(await this.rows(jobId), query, after);
          if (rows === undefined)
            throw new InvalidCursor('The cursor is none that a page gave: begin again without a cursor.');
          for (const { imageId } of rows) yield imageId;
        }.bind(this);
    const { items, nextCursor } = await pageOf(ids, load, { limit, cursor });
    return { items: items.map(({ stored }) => stored), ...(nextCursor && { nextCursor }) };
  }

  /**
   * What tables need of every result of a scoring that has succeeded, in order of upload. Made once, then kept until an
   * image is deleted.
   */
  async rows(jobId: string): Promise<readonly ResultRow[]> {
    const kept = await this.#indexes.read(resultIndexKey(this.#tenant, jobId));
    if (kept?.value.schemaVersion !== resultIndexVersion) return this.#makeIndex(jobId);
    const forgotten = await forgottenImages(this.#tenant);
    return kept.value.rows.filter(({ imageId }) => !forgotten.has(imageId));
  }

  /** Keeps what a person says of a result, in place of what was said before. Rejects with `RecordNotFound`. */
  async judge(jobId: string, imageId: string, verdict: Verdict): Promise<ScoringResult> {
    const result = await this.get(jobId, imageId);
    const key = verdictKey(this.#tenant, jobId, imageId);
    await this.#verdictDocuments.put(key, { schemaVersion: 1, ...verdict });
    // A deletion that came between has passed by the verdict.
    if ((await this.#tenant.objects.head(resultKey(this.#tenant, jobId, imageId))) === undefined) {
      await this.#tenant.objects.delete(key);
      throw new RecordNotFound(`The result of the image ${imageId} has just been deleted: nothing is left to judge.`);
    }
    return { ...result, verdict };
  }

  /** What people have said of the results, by the id of the image. */
  async verdicts(jobId: string): Promise<ReadonlyMap<string, Verdict>> {
    const found = new Map<string, Verdict>();
    for (const imageId of await this.#judged(jobId)) {
      const stored = await this.#verdictDocuments.read(verdictKey(this.#tenant, jobId, imageId));
      if (stored) found.set(imageId, toVerdict(stored.value));
    }
    return found;
  }

  /** Rejects with `RecordNotFound`. */
  async get(jobId: string, imageId: string): Promise<ScoringResult> {
    return this.#withVerdict(jobId, (await this.#getStored(jobId, imageId)).result);
  }

  /** The image's anomaly map as it was put. Rejects with `RecordNotFound` when there is none. */
  async map(jobId: string, imageId: string): Promise<Uint8Array> {
    const { mapKey } = await this.#getStored(jobId, imageId);
    const found = mapKey && (await this.#tenant.objects.get(mapKey));
    if (!found) throw new RecordNotFound(`The job ${jobId} has no map of the image ${imageId}: read its result.`);
    return found.bytes;
  }

  async #makeIndex(jobId: string): Promise<readonly ResultRow[]> {
    const rows: ResultRow[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.list(jobId, { limit: 200, cursor });
      rows.push(...page.items.map(rowOf));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    const key = resultIndexKey(this.#tenant, jobId);
    try {
      await this.#indexes.put(key, { schemaVersion: resultIndexVersion, rows });
    } catch (error) {
      // It is made again the next time.
      if (error instanceof StoreFull) return rows;
      throw error;
    }
    // A deletion of an image that came between has passed by the index: it removes results first.
    let results = 0;
    for await (const _ of this.#ids(jobId)) results++;
    if (results !== rows.length) await this.#tenant.objects.delete(key);
    return rows;
  }

  async #withVerdict(jobId: string, result: ScoringResult): Promise<ScoringResult> {
    const stored = await this.#verdictDocuments.read(verdictKey(this.#tenant, jobId, result.imageId));
    return stored ? { ...result, verdict: toVerdict(stored.value) } : result;
  }

  /** Ids of the images whose results people have judged. */
  async #judged(jobId: string): Promise<ReadonlySet<string>> {
    const ids = new Set<string>();
    if (!isId(jobId)) return ids;
    const folder = verdictsFolder(this.#tenant, jobId);
    for await (const key of this.#tenant.objects.keys(folder)) ids.add(key.slice(folder.length, -'.json'.length));
    return ids;
  }

  async #getStored(jobId: string, imageId: string): Promise<StoredResult> {
    const stored = await this.#find(jobId, imageId);
    if (stored === undefined || (await isForgotten(this.#tenant, imageId))) {
      throw new RecordNotFound(`The job ${jobId} has no result for the image ${imageId}: list its results.`);
    }
    return stored;
  }

  async #find(jobId: string, imageId: string): Promise<StoredResult | undefined> {
    if (!isId(jobId) || !isId(imageId)) return undefined;
    return (await this.#documents.read(resultKey(this.#tenant, jobId, imageId)))?.value;
  }

  async *#ids(jobId: string, cursor?: string, wanted?: number): AsyncGenerator<string> {
    if (!isId(jobId)) return;
    const folder = resultsFolder(this.#tenant, jobId);
    for await (const key of this.#tenant.objects.keys(folder, cursor && `${folder}${cursor}~`, wanted)) {
      yield key.slice(folder.length, -'.json'.length);
    }
  }
}

function toVerdict({ schemaVersion, ...verdict }: StoredVerdict): Verdict {
  return verdict;
}
