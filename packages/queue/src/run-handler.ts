import { inSpanOf } from '@mediclip/tracing';
import type { Attempt, HandlerOutcome, JobHandler } from './job-queue.js';
import { idsOf, type QueuedEntry, spanAttributes } from './queued-entry.js';

/** What became of one attempt. */
export type AttemptOutcome = HandlerOutcome | { outcome: 'failed'; error: Error };

/**
 * Runs a handler, in a span below that of the request which made the entry. Throwing the signal's own reason is giving
 * the entry back, so that a handler may simply call `signal.throwIfAborted()`; any other rejection is a failed attempt.
 */
export async function runHandler(handler: JobHandler, entry: QueuedEntry, attempt: Attempt): Promise<AttemptOutcome> {
  try {
    const attributes = { ...spanAttributes(entry), 'mediclip.attempt': attempt.attempt };
    return await inSpanOf(entry.trace, `attempt ${entry.kind}`, { kind: 'consumer', attributes }, () =>
      handler(idsOf(entry), attempt),
    );
  } catch (thrown) {
    if (attempt.signal.aborted && thrown === attempt.signal.reason) return { outcome: 'return', delayMs: 0 };
    return { outcome: 'failed', error: thrown instanceof Error ? thrown : new Error(String(thrown)) };
  }
}
