import type { Readable } from 'node:stream';

/** What is written: bytes in memory, or a stream of chunks that is read once. */
export type ObjectBody = Uint8Array | AsyncIterable<Uint8Array>;

export interface ObjectInfo {
  readonly key: string;
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
  /** Names what is stored now: another after every write of other bytes. No etag: `put` does not know it. */
  readonly version: string;
}

export interface StoredBytes {
  readonly bytes: Uint8Array;
  /** Names the whole object's content; hand it to `put` as `ifMatch`. */
  readonly etag: string;
}

export interface StoredStream {
  readonly stream: Readable;
  readonly sizeBytes: number;
}

/**
 * At most one condition. An etag names content: where the same bytes may come back (A, B, A) and the difference
 * matters, put a revision number into the bytes.
 */
export type PutCondition = (
  | { readonly ifAbsent?: false; readonly ifMatch?: undefined }
  | { readonly ifAbsent: true; readonly ifMatch?: undefined }
  | { readonly ifAbsent?: false; readonly ifMatch: string }
) & {
  /** For a small write that a deletion begins with: it may take room that is kept for when the disk is full. */
  readonly fromReserve?: boolean;
};

export interface PutResult {
  readonly etag: string;
  readonly sizeBytes: number;
}

export interface ListOptions {
  /** Only what sorts after this: a key for `list`, a folder's name for `listFolders`. */
  readonly after?: string;
  readonly limit: number;
}

export interface ListBeforeOptions {
  /** Only folders whose name sorts before this. */
  readonly before: string;
  readonly limit: number;
}

/**
 * Named bytes. A write is whole or not at all: readers see the old object or the new one, also when the writer dies in
 * the middle, and what `put` acknowledged survives the death of the process (file system: of the machine). All methods
 * may reject with a `StoreError`; keys follow `object-keys.ts`. A key that is an object cannot also be a folder of
 * other keys.
 */
export interface ObjectStore {
  /** Size and time of an object, `undefined` when there is none. */
  head(key: string): Promise<ObjectInfo | undefined>;

  /** The whole object in memory, `undefined` when there is none. */
  get(key: string): Promise<StoredBytes | undefined>;

  /** The object as a stream that the caller reads to its end or destroys; `undefined` when there is none. */
  getStream(key: string): Promise<StoredStream | undefined>;

  /**
   * Writes an object. Rejects with `PreconditionFailed` when the condition does not hold at the moment of writing. A
   * failing stream leaves nothing behind.
   */
  put(key: string, body: ObjectBody, condition?: PutCondition): Promise<PutResult>;

  /** Removes an object; an absent one is fine. Works on a full disk. */
  delete(key: string): Promise<void>;

  /**
   * Removes every object inside `folder` (ends with '/') that is there when the call begins, one after the other for
   * readers. Works on a full disk.
   */
  deleteFolder(folder: string): Promise<void>;

  /**
   * Every key that begins with `prefix` and sorts after `after`, in order (by byte). Costs nothing for each key beyond
   * reading its name. `wanted` is how many of them are likely to be read.
   */
  keys(prefix: string, after?: string, wanted?: number): AsyncIterable<string>;

  /** Objects whose key begins with `prefix`, in key order, at most `limit`, each with its size and time. */
  list(prefix: string, options: ListOptions): Promise<ObjectInfo[]>;

  /** Names of the folders directly inside `folder` (ends with '/'), in order, at most `limit`. */
  listFolders(folder: string, options: ListOptions): Promise<string[]>;

  /** The same backwards, those that sort before `before`; `undefined` from a store that lists forwards only. */
  listFoldersBefore(folder: string, options: ListBeforeOptions): Promise<string[] | undefined>;

  /** Resolves when the store can be read and written, rejects with the reason when not. */
  check(): Promise<void>;

  /**
   * Removes what writers that died left behind. A write that rests for an hour counts as dead, and fails if it goes on
   * after that.
   */
  sweep(): Promise<void>;

  /** Frees connections. The store cannot be used afterwards. */
  close(): Promise<void>;
}
