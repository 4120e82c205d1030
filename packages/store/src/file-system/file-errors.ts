import { types } from 'node:util';
import { InvalidKey, StoreError, StoreForbidden, StoreFull, StoreUnavailable } from '../errors.js';

/** The `code` of an error of Node's file system functions, `undefined` for anything else. */
export function errorCode(error: unknown): string | undefined {
  return types.isNativeError(error) && 'code' in error ? String(error.code) : undefined;
}

/** True for "there is no such file", also when a name on the way is a file and not a folder. */
export function isAbsent(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

const full = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const forbidden = new Set(['EACCES', 'EPERM', 'EROFS']);
const occupied = new Set(['EISDIR', 'ENOTDIR', 'EEXIST', 'ENOTEMPTY']);

/** True for "there is no room": of the disk, of the quota, for a file of that size. */
export function isFull(error: unknown): boolean {
  return full.has(errorCode(error) ?? '');
}

/**
 * Turns an error of the file system into the `StoreError` that says what to do. Errors without a code (of a caller's
 * stream, say) stay as they are.
 */
export function storeErrorOf(error: unknown, folder: string): unknown {
  const code = errorCode(error);
  if (error instanceof StoreError || code === undefined || !/^E[A-Z0-9]+$/.test(code)) return error;
  const options = { cause: error };
  if (full.has(code)) {
    return new StoreFull(
      `The store's disk is full (${code} in ${folder}): free some room or raise the quota.`,
      options,
    );
  }
  if (forbidden.has(code)) {
    return new StoreForbidden(
      `The store's folder cannot be used (${code} in ${folder}): give this process the right to read and write it.`,
      options,
    );
  }
  if (occupied.has(code)) {
    return new InvalidKey(`The key is taken as a folder, or lies inside an object (${code} in ${folder}).`, options);
  }
  return new StoreUnavailable(
    `The store's folder ${folder} fails with ${code}: check the disk and its mount.`,
    options,
  );
}

/** What a write meets that stood still (a frozen process) until others took it for dead. Nothing of it is visible. */
export function evictedWrite(): StoreUnavailable {
  return new StoreUnavailable('This process stood still for so long that others took its write for dead: write again.');
}
