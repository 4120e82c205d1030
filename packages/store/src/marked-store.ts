import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { PreconditionFailed, StoreUnavailable } from './errors.js';
import type {
  ListBeforeOptions,
  ListOptions,
  ObjectBody,
  ObjectInfo,
  ObjectStore,
  PutCondition,
  PutResult,
  StoredBytes,
  StoredStream,
} from './object-store.js';

const markKey = 'store.json';
const markSchema = z.looseObject({ id: z.uuid() });

/**
 * An object store that knows its own: the object `store.json` has an id which is drawn once, with the first write to a
 * store. A process remembers it. When the folder is unmounted under it, or another store is in its place, nothing is
 * read or written there any more, so that no empty store is taken for a full one and none gets data that the other one
 * will lack.
 */
export class MarkedStore implements ObjectStore {
  readonly #objects: ObjectStore;
  /** How old the last look at the mark may be, milliseconds. */
  readonly #trustedMs: number;
  #id: string | undefined;
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(objects: ObjectStore, { trustedMs }: { readonly trustedMs: number }) {
    this.#objects = objects;
    this.#trustedMs = trustedMs;
  }

  /** The id of the store. A store without one gets it now. */
  async identity(): Promise<string> {
    this.#id ??= (await this.#readMark()) ?? (await this.#createMark());
    return this.#id;
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    return (await this.#objects.head(key)) ?? this.#absent();
  }

  async get(key: string): Promise<StoredBytes | undefined> {
    return (await this.#objects.get(key)) ?? this.#absent();
  }

  async getStream(key: string): Promise<StoredStream | undefined> {
    return (await this.#objects.getStream(key)) ?? this.#absent();
  }

  async put(key: string, body: ObjectBody, condition?: PutCondition): Promise<PutResult> {
    await this.#assertWritable();
    return this.#objects.put(key, body, condition);
  }

  async delete(key: string): Promise<void> {
    await this.#assertWritable();
    await this.#objects.delete(key);
  }

  async deleteFolder(folder: string): Promise<void> {
    await this.#assertWritable();
    await this.#objects.deleteFolder(folder);
  }

  async *keys(prefix: string, after?: string, wanted?: number): AsyncGenerator<string> {
    await this.#assertSame(this.#trustedMs);
    yield* this.#objects.keys(prefix, after, wanted);
  }

  async list(prefix: string, options: ListOptions): Promise<ObjectInfo[]> {
    await this.#assertSame(this.#trustedMs);
    return this.#objects.list(prefix, options);
  }

  async listFolders(folder: string, options: ListOptions): Promise<string[]> {
    await this.#assertSame(this.#trustedMs);
    return this.#objects.listFolders(folder, options);
  }

  async listFoldersBefore(folder: string, options: ListBeforeOptions): Promise<string[] | undefined> {
    await this.#assertSame(this.#trustedMs);
    return this.#objects.listFoldersBefore(folder, options);
  }

  async check(): Promise<void> {
    await this.identity();
    await this.#assertSame(0);
    await this.#objects.check();
  }

  sweep(): Promise<void> {
    return this.#objects.sweep();
  }

  close(): Promise<void> {
    return this.#objects.close();
  }

  async #absent(): Promise<undefined> {
    await this.#assertSame(this.#trustedMs);
    return undefined;
  }

  async #assertWritable(): Promise<void> {
    await this.identity();
    await this.#assertSame(this.#trustedMs);
  }

  /** Rejects with `StoreUnavailable` unless the mark is the one that this process knows, if it knows one. */
  async #assertSame(trusted: number): Promise<void> {
    if (this.#id === undefined || performance.now() - this.#lookedAtMs < trusted) return;
    const found = await this.#readMark();
    if (found === this.#id) return;
    throw new StoreUnavailable(
      found === undefined
        ? `The store is gone (its ${markKey} is missing): mount or restore it, or start this process anew for a new store.`
        : `Another store is in the place of the one that this process works on (${markKey} has the id ${found}, not ${this.#id}): mount the right one, or start this process anew.`,
    );
  }

  async #readMark(): Promise<string | undefined> {
    const nowMs = performance.now();
    const found = await this.#objects.get(markKey);
    if (found === undefined) return undefined;
    let id: string | undefined;
    try {
      id = markSchema.parse(JSON.parse(new TextDecoder().decode(found.bytes))).id;
    } catch (cause) {
      throw new StoreUnavailable(`The store's ${markKey} was changed: restore it from a backup.`, { cause });
    }
    if (this.#id === undefined || id === this.#id) this.#lookedAtMs = nowMs;
    return id;
  }

  /** Draws an id; of several processes that do so at once one wins. */
  async #createMark(): Promise<string> {
    const id = randomUUID();
    try {
      const mark = `${JSON.stringify({ schemaVersion: 1, id }, null, 1)}\n`;
      await this.#objects.put(markKey, new TextEncoder().encode(mark), { ifAbsent: true });
      return id;
    } catch (error) {
      const found = error instanceof PreconditionFailed ? await this.#readMark() : undefined;
      if (found === undefined) throw error;
      return found;
    }
  }
}
