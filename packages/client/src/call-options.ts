import type { JobProgress } from '@mediclip/contracts';

/** Options of every call. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** Options of a POST. */
export interface PostOptions extends CallOptions {
  /** Repeats an earlier request that had this key; without it every call has a new one. */
  readonly idempotencyKey?: string;
}

/** Options of a walk through a list. */
export interface ListOptions extends CallOptions {
  /** Items per request; the server's default without it. */
  readonly pageSize?: number;
}

/** Options of waiting for a job. */
export interface WaitOptions extends CallOptions {
  readonly onProgress?: (progress: JobProgress) => void;
}
