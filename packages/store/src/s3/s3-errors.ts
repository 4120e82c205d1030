import { types } from 'node:util';
import {
  InvalidKey,
  PreconditionFailed,
  StoreError,
  StoreForbidden,
  StoreFull,
  StoreMisconfigured,
  StoreUnavailable,
} from '../errors.js';

/** What the SDK says about a failed request: S3's code, HTTP status (if there was an answer) and how often it tried. */
export interface S3Failure {
  readonly code: string;
  readonly status?: number;
  readonly attempts: number;
}

const fullCodes = new Set([
  'QuotaExceeded',
  'InsufficientStorage',
  'XMinioStorageFull',
  'StorageFull',
  'TooManyBuckets',
]);

/**
 * The failure that an error of the SDK tells of, `undefined` for errors of other origin (of a caller's stream, say).
 */
export function s3Failure(error: unknown): S3Failure | undefined {
  if (!types.isNativeError(error)) return undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  if (error.name === 'CredentialsProviderError') return { code: error.name, attempts: 1 };
  const metadata: unknown = '$metadata' in error ? error.$metadata : undefined;
  if (typeof metadata !== 'object' || metadata === null) return undefined;
  const { httpStatusCode, attempts } = metadata as { httpStatusCode?: number; attempts?: number };
  return { code, ...(httpStatusCode && { status: httpStatusCode }), attempts: attempts ?? 1 };
}

/** Whether the failure says that there is no such object (and not that there is no such bucket). */
export function isMissing({ code, status }: S3Failure): boolean {
  return status === 404 && code !== 'NoSuchBucket';
}

/** Turns an error of the SDK into the `StoreError` that says what to do. Errors of other origin stay as they are. */
export function toStoreError(error: unknown, place: string): unknown {
  const failure = s3Failure(error);
  if (error instanceof StoreError || failure === undefined) return error;
  const { code, status } = failure;
  const options = { cause: error };
  const what = `${code}${status ? `, status ${status}` : ''}, at ${place}`;
  if (status === 412)
    return new PreconditionFailed('The object has changed since it was read: read it again.', options);
  if (fullCodes.has(code) || status === 507) {
    return new StoreFull(`The bucket takes no more (${what}): free some room or raise the quota.`, options);
  }
  if (code === 'CredentialsProviderError' || status === 401 || status === 403) {
    return new StoreForbidden(
      `The bucket refuses the credentials (${what}): give AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY the right to read and write it.`,
      options,
    );
  }
  if (code === 'NoSuchBucket') return new StoreMisconfigured(`There is no such bucket (${what}): create it.`, options);
  if (code === 'KeyTooLongError') return new InvalidKey(`The key is too long (${what}): shorten the prefix.`, options);
  if (status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429) {
    return new StoreMisconfigured(
      `The server refuses the request (${what}): check the store URL and the server.`,
      options,
    );
  }
  return new StoreUnavailable(
    `The store cannot be reached or fails (${what}): check the server and the network.`,
    options,
  );
}
