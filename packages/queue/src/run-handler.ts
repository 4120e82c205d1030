import type { Attempt, HandlerOutcome, JobEntry, JobHandler } from './job-queue.js';

/** What became of one attempt. */
export type AttemptOutcome = HandlerOutcome | { outcome: 'failed'; error: Error };

/**
 * Runs a handler. Throwing the signal's own reason is giving the entry back, so that a handler may simply call
 * `signal.throwIfAborted()`; any other rejection is a failed attempt.
 */
export async function runHandler(handler: JobHandler, entry: JobEntry, attempt: Attempt): Promise<AttemptOutcome> {
  try {
    return await handler(entry, attempt);
  } catch (thrown) {
    if (attempt.signal.aborted && thrown === attempt.signal.reason) return { outcome: 'return', delayMs: 0 };
    return { outcome: 'failed', error: thrown instanceof Error ? thrown : new Error(String(thrown)) };
  }
}
