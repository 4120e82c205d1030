import { createHash, randomUUID } from 'node:crypto';
import { digestSchema, idSchema, timestampSchema } from '@mediclip/contracts';
import { z } from 'zod';
import { PreconditionFailed, RecordExists } from '../errors.js';
import { type Document, Documents } from '../records/documents.js';
import { newId } from '../records/ids.js';
import type { Tenant } from '../records/tenant.js';

const answerSchema = z.strictObject({
  status: z.int().min(200).max(599),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
  /** How `body` stands for bytes. */
  encoding: z.enum(['utf8', 'base64']),
});

const commonFields = {
  schemaVersion: z.literal(1),
  method: z.string(),
  path: z.string(),
  resourceId: idSchema,
  expiresAt: timestampSchema,
};

const recordSchema = z.discriminatedUnion('state', [
  z.strictObject({ ...commonFields, state: z.literal('running'), owner: z.uuid(), leaseUntil: timestampSchema }),
  z.strictObject({ ...commonFields, state: z.literal('released') }),
  z.strictObject({ ...commonFields, state: z.literal('answered'), bodyDigest: digestSchema, answer: answerSchema }),
]);

type IdempotencyRecord = z.infer<typeof recordSchema>;

/** The answer to a request, as it is repeated. */
export type StoredAnswer = z.infer<typeof answerSchema>;

/** The request that an `Idempotency-Key` stands for, within its tenant. */
export interface KeyedRequest {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  readonly key: string;
}

/** The right to answer a request. */
export interface Claim {
  readonly request: KeyedRequest;
  readonly owner: string;
  /**
   * Id to give to what the request creates. A request that is repeated because its process died or it failed gets the
   * same id again, so that it cannot create a second one: `RecordExists` then means that the work is done.
   */
  readonly resourceId: string;
  /** Whether an earlier try of the request was claimed and came to no answer; it may have done some of its work. */
  readonly isRepeat: boolean;
}

export type ClaimOutcome =
  | { readonly outcome: 'claimed'; readonly claim: Claim }
  | { readonly outcome: 'running' }
  | { readonly outcome: 'answered'; readonly bodyDigest: string; readonly answer: StoredAnswer };

const keptMs = 86_400_000;
const leaseMs = 20_000;

/**
 * Requests with an `Idempotency-Key`, kept for 24 hours. A claim is a lease of 20 seconds that its process renews; when
 * the process dies, the same request may be claimed again after that, which is sooner than clients give up.
 */
export class IdempotencyRepository {
  readonly #tenant: Tenant;
  readonly #documents: Documents<IdempotencyRecord>;

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
    this.#documents = new Documents(tenant.objects, recordSchema);
  }

  /**
   * Claims a request, or tells what became of the first one with this key. Whether the bodies are the same is the
   * caller's to compare.
   */
  async claim(request: KeyedRequest): Promise<ClaimOutcome> {
    for (;;) {
      const read = await this.#documents.read(this.#keyOf(request));
      const known = read && this.#isAlive(read.value) ? read.value : undefined;
      if (known?.state === 'answered')
        return { outcome: 'answered', bodyDigest: known.bodyDigest, answer: known.answer };
      if (known?.state === 'running') return { outcome: 'running' };
      const claim = await this.#tryClaim(request, read);
      if (claim !== undefined) return { outcome: 'claimed', claim };
    }
  }

  /** The answer that is kept for a request, `undefined` as long as there is none. */
  async answerTo(request: KeyedRequest): Promise<StoredAnswer | undefined> {
    const known = (await this.#documents.read(this.#keyOf(request)))?.value;
    return known?.state === 'answered' && this.#isAlive(known) ? known.answer : undefined;
  }

  /** Keeps a claim for another 20 seconds. Returns false when it is lost. */
  renew(claim: Claim): Promise<boolean> {
    return this.#change(claim, (record) => ({ ...record, leaseUntil: this.#time(leaseMs) }));
  }

  /**
   * Keeps the answer for the rest of the 24 hours. Returns false when the claim is lost: then another process answers
   * the request.
   */
  complete(claim: Claim, bodyDigest: string, answer: StoredAnswer): Promise<boolean> {
    return this.#change(claim, ({ owner, leaseUntil, ...record }) => ({
      ...record,
      state: 'answered',
      bodyDigest,
      answer,
    }));
  }

  /** Frees the key at once: the request came to nothing that is worth keeping. */
  async release(claim: Claim): Promise<void> {
    await this.#change(claim, ({ owner, leaseUntil, ...record }) => ({ ...record, state: 'released' }));
  }

  /** Removes what has expired. */
  async sweep(): Promise<void> {
    for await (const key of this.#tenant.objects.keys(this.#folder())) {
      const read = await this.#documents.read(key);
      if (read && Date.parse(read.value.expiresAt) <= this.#tenant.now()) await this.#tenant.objects.delete(key);
    }
  }

  async #tryClaim(request: KeyedRequest, read: Document<IdempotencyRecord> | undefined): Promise<Claim | undefined> {
    const { method, path } = request;
    const expired = read === undefined || Date.parse(read.value.expiresAt) <= this.#tenant.now();
    const owner = randomUUID();
    const record: IdempotencyRecord = {
      schemaVersion: 1,
      method,
      path,
      resourceId: expired ? newId() : read.value.resourceId,
      expiresAt: expired ? this.#time(keptMs) : read.value.expiresAt,
      state: 'running',
      owner,
      leaseUntil: this.#time(leaseMs),
    };
    try {
      const key = this.#keyOf(request);
      await (read ? this.#documents.replace(key, read, record) : this.#documents.create(key, record));
      return { request, owner, resourceId: record.resourceId, isRepeat: !expired };
    } catch (error) {
      if (error instanceof PreconditionFailed || error instanceof RecordExists) return undefined;
      throw error;
    }
  }

  /** Changes the record as long as `claim` holds it. */
  async #change(
    { request, owner }: Claim,
    change: (record: Extract<IdempotencyRecord, { state: 'running' }>) => IdempotencyRecord,
  ): Promise<boolean> {
    let held = false;
    await this.#documents.update(this.#keyOf(request), (record) => {
      held = record.state === 'running' && record.owner === owner;
      return record.state === 'running' && record.owner === owner ? change(record) : undefined;
    });
    return held;
  }

  #isAlive(record: IdempotencyRecord): boolean {
    const until = record.state === 'running' ? record.leaseUntil : record.expiresAt;
    return record.state !== 'released' && Date.parse(until) > this.#tenant.now();
  }

  #time(aheadMs: number): string {
    return new Date(this.#tenant.now() + aheadMs).toISOString();
  }

  #folder(): string {
    return `${this.#tenant.prefix}idempotency/`;
  }

  /**
   * Clients' keys may hold anything, so a digest names the record. Methods and paths have no line breaks, so no two
   * requests meet.
   */
  #keyOf({ method, path, key }: KeyedRequest): string {
    return `${this.#folder()}${createHash('sha256').update(`${method}\n${path}\n${key}`).digest('hex')}.json`;
  }
}
