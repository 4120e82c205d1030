/**
 * The port that every queue driver fills. A job is a record in the store first and an entry here second: entries hold
 * ids only, may be delivered more than once, and can be rebuilt from the records at any time with `recover`.
 */

/** Where the record of a job lies. */
export interface JobEntry {
  tenant: string;
  /** UUID; no two jobs share one, whatever their tenant or kind. */
  jobId: string;
  /** One of the kinds that the queue was opened with. */
  kind: string;
}

/**
 * How often an entry is handed out before it is given up: once, and three times again after its consumer died or threw.
 */
export const maxAttempts = 4;

export type EnqueueResult = { outcome: 'accepted' } | { outcome: 'full'; retryAfterSeconds: number };

/** What a handler made of an entry. `return` puts it back for later without counting an attempt. */
export type HandlerOutcome = { outcome: 'done' } | { outcome: 'return'; delayMs: number };

/**
 * One delivery of an entry to a handler. It gives no right to write: a consumer that was frozen and wakes up may still
 * hold an entry that others work on. The attempt that the handler begins in the job's record has the fencing token.
 */
export interface Attempt {
  /** 1 to `maxAttempts`; grows when an earlier consumer died, lost its lock or threw. */
  attempt: number;
  /** Aborts with an `AttemptAborted`. */
  signal: AbortSignal;
}

/**
 * Works on one entry. Reads the record first and answers `done` when its state is final already, so that a second
 * delivery does no harm. A rejection counts as a failed attempt, except with the signal's own reason
 * (`signal.throwIfAborted()`): that gives the entry back, as `return` does.
 */
export type JobHandler = (entry: JobEntry, attempt: Attempt) => Promise<HandlerOutcome>;

export interface ConsumeOptions {
  /** Which kinds to take; all by default. */
  kinds?: readonly string[];
  /** How many entries of each kind run at once. */
  concurrency: number;
  /**
   * Called when an entry has used up its attempts, so that its job can be failed where people see it; and again until
   * it resolves, on any consumer of that kind, so it has to be safe to repeat.
   */
  onDead: (entry: JobEntry, reason: string) => Promise<void>;
}

export interface Consumer {
  /** Takes nothing more; resolves when the running attempts have ended. */
  pause(): Promise<void>;
  /** Takes entries again, at once: attempts that have gone on through the pause go on. */
  resume(): Promise<void>;
  /**
   * Takes nothing more and waits for the running attempts. Those still running after `graceMs` are aborted (`closing`)
   * and expected to give their entries back soon.
   */
  close(options: { graceMs: number }): Promise<void>;
}

/** Every call rejects with a `QueueUnavailableError` when the queue cannot be reached or is closed. */
export interface JobQueue {
  /**
   * Adds an entry, unless `maxDepth` entries of its kind are waiting already. An entry that is here already, waiting or
   * running, stays as it is. Producers in other processes may exceed `maxDepth` by one entry each at the same moment.
   */
  enqueue(entry: JobEntry, options: { maxDepth: number }): Promise<EnqueueResult>;
  /**
   * Starts to hand out entries. Of each kind the tenants take turns: the one that was served longest ago is next, with
   * its oldest entry. An entry that comes back is before all of them.
   */
  consume(handler: JobHandler, options: ConsumeOptions): Promise<Consumer>;
  /**
   * Takes a waiting entry out, or aborts (`cancelled`) the attempt that is running, in whichever process. Write the
   * record first: a consumer that takes the entry in this very moment learns it from the record only.
   */
  cancel(entry: JobEntry): Promise<void>;
  /** Says that a job's record has new events, to whoever watches it in any process. */
  announce(jobId: string): Promise<void>;
  /**
   * Calls `listener` after every announcement of a job, until the returned function is called. Announcements of a time
   * in which the queue could not be reached are lost: read the record now and then besides.
   */
  watch(jobId: string, listener: () => void): () => void;
  /** Number of waiting entries by kind, those put back for later included. */
  depth(): Promise<Record<string, number>>;
  /** Resolves when the queue can be reached and takes entries. */
  ping(): Promise<void>;
  /** Adds the entries that are missing, whatever the depth; call it at start with every job that is not final. */
  recover(entries: readonly JobEntry[]): Promise<void>;
  /** Closes what is open. Close consumers first: an attempt still running is aborted (`closing`). */
  close(): Promise<void>;
}

export type AbortCause = 'cancelled' | 'lock-lost' | 'closing';

const abortSentences: Record<AbortCause, string> = {
  cancelled: 'The job was cancelled.',
  'lock-lost': 'The lock on the entry was lost: another consumer may be working on the job.',
  closing: 'The consumer is closing: the entry goes back to the queue.',
};

/** Why an attempt's signal aborted. */
export class AttemptAborted extends Error {
  override readonly name = 'AttemptAborted';

  constructor(readonly abortCause: AbortCause) {
    super(abortSentences[abortCause]);
  }
}

/** What a caller can tell apart about a failing queue or score channel. */
export type QueueErrorCode = 'queue-unavailable' | 'score-deadline' | 'score-answer-failed';

/** A failing queue or score channel. */
export abstract class QueueError extends Error {
  abstract readonly code: QueueErrorCode;
}

/** The queue cannot be reached, refuses the connection, or is closed; `cause` says more. */
export class QueueUnavailableError extends QueueError {
  override readonly name = 'QueueUnavailableError';
  readonly code = 'queue-unavailable';
}

/** The kinds to consume. Throws when one is not among the queue's own. */
export function consumedKinds(known: readonly string[], wanted: readonly string[] | undefined): readonly string[] {
  for (const kind of wanted ?? []) assertKnownKind(known, kind);
  return wanted ?? known;
}

/** Throws when a kind is not among the queue's own. */
export function assertKnownKind(known: readonly string[], kind: string): void {
  if (known.includes(kind)) return;
  throw new RangeError(`The queue has no kind "${kind}": open it with that kind, it has ${known.join(', ')}.`);
}

/** How long an entry rests after an attempt threw, doubling from one failed attempt to the next. */
export function retryDelay(baseMs: number, failedAttempts: number): number {
  return baseMs * 2 ** (failedAttempts - 1);
}
