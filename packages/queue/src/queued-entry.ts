import { type TraceCarrier, traceCarrier } from '@mediclip/tracing';
import type { JobEntry } from './job-queue.js';

/** An entry as it lies in the queue: its ids, and the trace of the request that made it where that was traced. */
export interface QueuedEntry extends JobEntry {
  trace?: TraceCarrier;
}

/** The entry with the present trace, and nothing else. */
export function queuedEntry(entry: JobEntry): QueuedEntry {
  const trace = traceCarrier();
  return { ...idsOf(entry), ...(trace && { trace }) };
}

/** The entry without its trace, or whatever else a caller left in it. */
export function idsOf({ tenant, jobId, kind }: JobEntry): JobEntry {
  return { tenant, jobId, kind };
}

/** What spans say of an entry. */
export function spanAttributes({ tenant, jobId, kind }: JobEntry): Record<string, string> {
  return { 'mediclip.tenant': tenant, 'mediclip.job.id': jobId, 'mediclip.job.kind': kind };
}
