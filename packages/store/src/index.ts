export * from './errors.js';
export type {
  ByteRange,
  ListOptions,
  ObjectBody,
  ObjectInfo,
  ObjectStore,
  PutCondition,
  PutResult,
  StoredBytes,
  StoredStream,
} from './object-store.js';
export { openObjectStore } from './open-object-store.js';
