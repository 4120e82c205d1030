import { setTimeout as sleep } from 'node:timers/promises';
import { WeightsError } from '../weights-error.js';
import { TransientError } from './transient-error.js';

/** How often, and after which waits, a download is tried again. */
export interface RetryPolicy {
  /** Failures in a row without any gain that are borne. */
  readonly attempts: number;
  /** Wait after the first failure; doubled with every further one. */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
}

export const defaultRetryPolicy: RetryPolicy = { attempts: 6, firstWaitMs: 500, longestWaitMs: 120_000 };

/**
 * Does `work` again after a `TransientError`, as long as it gains something (what `gained` counts goes up) or attempts
 * are left. Waits as long as the hub asks for, else longer every time. Rejects with a `WeightsError` when they are used
 * up, and with the signal's reason.
 */
export async function withRetries<T>(
  work: () => Promise<T>,
  { attempts, firstWaitMs, longestWaitMs }: RetryPolicy,
  signal: AbortSignal | undefined,
  gained: () => number = () => 0,
): Promise<T> {
  let failures = 0;
  for (;;) {
    signal?.throwIfAborted();
    const before = gained();
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      failures = gained() > before ? 1 : failures + 1;
      const waitMs = error.retryAfterMs ?? Math.min(longestWaitMs, firstWaitMs * 2 ** (failures - 1));
      if (failures >= attempts || waitMs > longestWaitMs) throw givenUp(error, waitMs > longestWaitMs ? waitMs : 0);
      await sleep(waitMs, undefined, signal && { signal }).catch(() => signal?.throwIfAborted());
    }
  }
}

function givenUp(fault: TransientError, waitMs: number): WeightsError {
  const later = waitMs > 0 ? `in ${Math.ceil(waitMs / 1000)} s, as it asks` : 'later; it goes on from here';
  return new WeightsError('hub-unreachable', `The download did not end because ${fault.message}; try again ${later}.`, {
    cause: fault,
  });
}
