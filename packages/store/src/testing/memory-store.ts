import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { PreconditionFailed } from '../errors.js';
import { assertFolder, assertKey, assertPrefix } from '../object-keys.js';
import type {
  ListBeforeOptions,
  ListOptions,
  ObjectBody,
  ObjectInfo,
  ObjectStore,
  PutCondition,
  PutResult,
} from '../object-store.js';

export interface MemoryObject {
  readonly bytes: Uint8Array;
  readonly modifiedAt: Date;
}

/** An object store in memory, for tests that begin many times from the same objects. */
export class MemoryStore implements ObjectStore {
  readonly #objects: Map<string, MemoryObject>;

  constructor(objects: Iterable<readonly [string, MemoryObject]> = []) {
    this.#objects = new Map(objects);
  }

  /** What it holds now, for another one to begin with. */
  objects(): ReadonlyMap<string, MemoryObject> {
    return new Map(this.#objects);
  }

  /** One for every store, as nobody else works on it. */
  readonly identity = async () => memoryIdentity;

  async head(key: string): Promise<ObjectInfo | undefined> {
    assertKey(key);
    const found = this.#objects.get(key);
    return (
      found && { key, sizeBytes: found.bytes.byteLength, modifiedAt: found.modifiedAt, version: etagOf(found.bytes) }
    );
  }

  async get(key: string) {
    assertKey(key);
    const found = this.#objects.get(key);
    return found && { bytes: found.bytes.slice(), etag: etagOf(found.bytes) };
  }

  async getStream(key: string) {
    const found = await this.get(key);
    return found && { stream: Readable.from([found.bytes]), sizeBytes: found.bytes.byteLength };
  }

  async put(key: string, body: ObjectBody, { ifAbsent, ifMatch }: PutCondition = {}): Promise<PutResult> {
    assertKey(key);
    const bytes = body instanceof Uint8Array ? body.slice() : await buffer(body);
    const present = this.#objects.get(key);
    if ((ifAbsent && present) || (ifMatch !== undefined && (!present || etagOf(present.bytes) !== ifMatch))) {
      throw new PreconditionFailed(`The object ${key} is not as asked.`);
    }
    this.#objects.set(key, { bytes, modifiedAt: new Date() });
    return { etag: etagOf(bytes), sizeBytes: bytes.byteLength };
  }

  async delete(key: string): Promise<void> {
    assertKey(key);
    this.#objects.delete(key);
  }

  async deleteFolder(folder: string): Promise<void> {
    assertFolder(folder);
    for await (const key of this.keys(folder)) this.#objects.delete(key);
  }

  async *keys(prefix: string, after = ''): AsyncGenerator<string> {
    assertPrefix(prefix);
    yield* [...this.#objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
  }

  async list(prefix: string, { after, limit }: ListOptions): Promise<ObjectInfo[]> {
    const found: ObjectInfo[] = [];
    for await (const key of this.keys(prefix, after)) {
      if (found.length === limit) break;
      found.push((await this.head(key))!);
    }
    return found;
  }

  async listFolders(folder: string, { after, limit }: ListOptions): Promise<string[]> {
    assertFolder(folder);
    const names = new Set<string>();
    for await (const key of this.keys(folder)) {
      const [name, ...rest] = key.slice(folder.length).split('/');
      if (rest.length > 0 && (after === undefined || `${name}/` > `${after}/`)) names.add(name!);
    }
    return [...names].slice(0, limit);
  }

  async listFoldersBefore(folder: string, { before, limit }: ListBeforeOptions): Promise<string[]> {
    const all = await this.listFolders(folder, { limit: Number.POSITIVE_INFINITY });
    const found = all.filter((name) => `${name}/` < `${before}/`).reverse();
    return found.slice(0, limit);
  }

  async check(): Promise<void> {}

  async sweep(): Promise<void> {}

  async close(): Promise<void> {}
}

const memoryIdentity = randomUUID();

const etagOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
