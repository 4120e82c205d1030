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

/** A store whose driver is loaded when it is first used: the SDK of S3 takes long to load, and few need it. */
export class LazyStore implements ObjectStore {
  readonly #load: () => Promise<ObjectStore>;
  #loaded: Promise<ObjectStore> | undefined;

  constructor(load: () => Promise<ObjectStore>) {
    this.#load = load;
  }

  get #store(): Promise<ObjectStore> {
    this.#loaded ??= this.#load();
    return this.#loaded;
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    return (await this.#store).head(key);
  }

  async get(key: string): Promise<StoredBytes | undefined> {
    return (await this.#store).get(key);
  }

  async getStream(key: string): Promise<StoredStream | undefined> {
    return (await this.#store).getStream(key);
  }

  async put(key: string, body: ObjectBody, condition?: PutCondition): Promise<PutResult> {
    return (await this.#store).put(key, body, condition);
  }

  async delete(key: string): Promise<void> {
    return (await this.#store).delete(key);
  }

  async deleteFolder(folder: string): Promise<void> {
    return (await this.#store).deleteFolder(folder);
  }

  async *keys(prefix: string, after?: string, wanted?: number): AsyncGenerator<string> {
    yield* (await this.#store).keys(prefix, after, wanted);
  }

  async list(prefix: string, options: ListOptions): Promise<ObjectInfo[]> {
    return (await this.#store).list(prefix, options);
  }

  async listFolders(folder: string, options: ListOptions): Promise<string[]> {
    return (await this.#store).listFolders(folder, options);
  }

  async listFoldersBefore(folder: string, options: ListBeforeOptions): Promise<string[] | undefined> {
    return (await this.#store).listFoldersBefore(folder, options);
  }

  async check(): Promise<void> {
    return (await this.#store).check();
  }

  async sweep(): Promise<void> {
    return (await this.#store).sweep();
  }

  async close(): Promise<void> {
    await (await this.#loaded)?.close();
  }
}
