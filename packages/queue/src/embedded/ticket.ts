import type { QueuedEntry } from '../queued-entry.js';

/** An entry and its history in this process. */
export interface Ticket {
  readonly entry: QueuedEntry;
  /** Its tenant, whose turn it has. */
  readonly caller: string;
  failedAttempts: number;
  /** Why the last attempt failed, once all are used up: only the report is still due. */
  deadReason?: string;
  /** Runs while the entry rests. */
  rest?: NodeJS.Timeout;
}
