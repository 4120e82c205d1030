import { types } from 'node:util';
import type { ProblemSlug } from '@mediclip/contracts';

/**
 * The problems of what the operating system refuses a process that reads and writes files, by the code of the error.
 */
const slugs: Readonly<Record<string, ProblemSlug>> = {
  ENOSPC: 'storage-full',
  EDQUOT: 'storage-full',
  EFBIG: 'storage-full',
  EROFS: 'store-forbidden',
  EACCES: 'store-forbidden',
  EPERM: 'store-forbidden',
  EIO: 'store-unavailable',
  ENODEV: 'store-unavailable',
  ENXIO: 'store-unavailable',
  ESTALE: 'store-unavailable',
  EMFILE: 'too-many-open-files',
  ENFILE: 'too-many-open-files',
  ENOMEM: 'out-of-memory',
};

/** The problem of an error code of the operating system, undefined for one that only a bug can bring about. */
export function systemSlug(code: string | undefined): ProblemSlug | undefined {
  return code !== undefined && Object.hasOwn(slugs, code) ? slugs[code] : undefined;
}

/**
 * An error of the file system. One that names an address comes from a socket: which problem that is says whoever opened
 * it.
 */
export function isFileSystemError(error: unknown): error is NodeJS.ErrnoException {
  return (
    types.isNativeError(error) && 'code' in error && 'syscall' in error && !('address' in error || 'hostname' in error)
  );
}
