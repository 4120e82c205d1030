import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { DamagedRecord, PreconditionFailed, RecordExists } from '../errors.js';
import type { ObjectStore, PutCondition, StoredBytes } from '../object-store.js';

export interface Document<T> {
  readonly value: T;
  /** The entity tag of the stored bytes; hand it to `replace`. */
  readonly etag: string;
  readonly revision: number;
}

export type ReplaceOptions = Pick<PutCondition, 'fromReserve'>;

const mostTries = 50;

/** Of records that many read and few change, so many are kept as they were parsed ... */
const mostKept = 256;
/** ... none of them with more bytes than this. */
const largestKeptBytes = 2 ** 16;
/** Versions of two writes may be the same within a tick of a file system's clock, which may be two seconds. */
const restedMs = 2000;

interface Kept {
  readonly document: Document<object>;
  /** Of the object, once it had rested. */
  readonly version: string | undefined;
}

/** What was parsed last of a key, the one read last at the end, of each store. */
const kept = new WeakMap<ObjectStore, Map<string, Kept>>();

/**
 * What stands beside every stored value. `revision` rises with every write; `writeId` is of this one write, so that no
 * two writers ever write the same bytes and no etag comes back.
 */
const envelopeSchema = z.looseObject({ revision: z.int().min(1), writeId: z.uuid() });

/**
 * JSON records of one schema in an object store. A record that does not match its schema is refused with
 * `DamagedRecord`, never repaired.
 */
export class Documents<T extends object> {
  readonly #objects: ObjectStore;
  readonly #schema: z.ZodType<T>;

  constructor(objects: ObjectStore, schema: z.ZodType<T>) {
    this.#objects = objects;
    this.#schema = schema;
  }

  async read(key: string): Promise<Document<T> | undefined> {
    const stored = await this.#objects.get(key);
    if (stored === undefined) return undefined;
    return this.#documentOf(key, stored);
  }

  /**
   * As `read`, for records that are read far more often than they change: one that has not changed is looked at, but
   * not read again. All readers share the value, which is frozen.
   */
  async readShared(key: string): Promise<Document<T> | undefined> {
    const ofStore = kept.get(this.#objects) ?? new Map<string, Kept>();
    kept.set(this.#objects, ofStore);
    const info = await this.#objects.head(key);
    if (info === undefined) return undefined;
    const known = ofStore.get(key);
    const isSame = known?.version === info.version;
    const document = isSame ? (known.document as Document<T>) : await this.#readKnown(key, known);
    ofStore.delete(key);
    if (document === undefined) return undefined;
    const hasRested = info.modifiedAt.getTime() < Date.now() - restedMs;
    if (info.sizeBytes <= largestKeptBytes) {
      ofStore.set(key, { document, version: isSame || hasRested ? info.version : undefined });
    }
    const [oldest] = ofStore.keys();
    if (ofStore.size > mostKept) ofStore.delete(oldest!);
    return document;
  }

  async #readKnown(key: string, known: Kept | undefined): Promise<Document<T> | undefined> {
    const stored = await this.#objects.get(key);
    if (stored === undefined) return undefined;
    return known?.document.etag === stored.etag
      ? (known.document as Document<T>)
      : frozen(this.#documentOf(key, stored));
  }

  /** Rejects with `RecordExists`. */
  async create(key: string, value: T, options: ReplaceOptions = {}): Promise<void> {
    try {
      await this.#objects.put(key, this.#serialise(value, 1), { ...options, ifAbsent: true });
    } catch (error) {
      if (!(error instanceof PreconditionFailed)) throw error;
      throw new RecordExists(`The record ${key} exists already: use it, or choose a new id.`, { cause: error });
    }
  }

  /** Writes a record, whether there is one or not. Only for records that never change. */
  async put(key: string, value: T, options: ReplaceOptions = {}): Promise<void> {
    await this.#objects.put(key, this.#serialise(value, 1), options);
  }

  /** Rejects with `PreconditionFailed` when somebody wrote since `read`. */
  async replace(key: string, read: Document<T>, value: T, options: ReplaceOptions = {}): Promise<void> {
    await this.#objects.put(key, this.#serialise(value, read.revision + 1), { ...options, ifMatch: read.etag });
  }

  /**
   * Reads, changes and writes until nobody wrote in between. `change` may run several times; it throws what forbids the
   * change, and answers `undefined` (or the same value) when there is nothing to change. Returns the value that is now
   * stored, `undefined` when there is no such record.
   */
  async update(key: string, change: (value: T) => T | undefined, options: ReplaceOptions = {}): Promise<T | undefined> {
    for (let attempt = 1; ; attempt++) {
      const read = await this.read(key);
      if (read === undefined) return undefined;
      const changed = change(read.value);
      if (changed === undefined || changed === read.value) return read.value;
      try {
        await this.replace(key, read, changed, options);
        return changed;
      } catch (error) {
        if (!(error instanceof PreconditionFailed) || attempt === mostTries) throw error;
        await sleep(Math.random() * Math.min(2 ** attempt, 100));
      }
    }
  }

  /** As `update`, for a record that may not be there yet: `change` then makes the first one of `undefined`. */
  async upsert(key: string, change: (value: T | undefined) => T): Promise<T> {
    for (;;) {
      const changed = await this.update(key, change);
      if (changed !== undefined) return changed;
      const first = change(undefined);
      try {
        await this.create(key, first);
        return first;
      } catch (error) {
        if (!(error instanceof RecordExists)) throw error;
      }
    }
  }

  #serialise(value: T, revision: number): Uint8Array {
    const record = this.#schema.parse(value);
    return new TextEncoder().encode(`${JSON.stringify({ revision, writeId: randomUUID(), ...record }, null, 1)}\n`);
  }

  #documentOf(key: string, { bytes, etag }: StoredBytes): Document<T> {
    let found: unknown;
    try {
      found = JSON.parse(new TextDecoder().decode(bytes));
    } catch (error) {
      throw new DamagedRecord(`The record ${key} is not JSON: restore it from a backup.`, { cause: error });
    }
    const envelope = envelopeSchema.safeParse(found);
    if (envelope.success) {
      const { revision, writeId, ...rest } = envelope.data;
      const record = this.#schema.safeParse(rest);
      if (record.success) return { value: record.data, revision, etag };
      const issue = record.error.issues[0]!;
      throw new DamagedRecord(
        `The record ${key} was changed by hand or written by another version (${issue.path.join('.')}: ${issue.message}): run the version that wrote it, or restore it from a backup.`,
      );
    }
    throw new DamagedRecord(`The record ${key} has no revision and writeId: restore it from a backup.`);
  }
}

function frozen<V>(value: V): V {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}
