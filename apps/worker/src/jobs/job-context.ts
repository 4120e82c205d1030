import type { JobKind, JobOf } from '@mediclip/contracts';
import type { Attempt, TenantStore } from '@mediclip/store';
import type { Logger } from 'pino';
import type { ProgressStep } from './progress-reporter.js';

/** One attempt at a job, as the work of its kind sees it. */
export interface JobContext<K extends JobKind = JobKind> {
  readonly job: JobOf<K>;
  readonly tenant: TenantStore;
  /** Goes with every write. */
  readonly attempt: Attempt;
  /** Aborts when the job is cancelled, the attempt has lost its right to write, or the worker's grace is over. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Says how far the work is; call it as often as you like. */
  readonly report: (step: ProgressStep) => void;
  /** Ends the attempt from a background task that failed. */
  readonly abort: (reason: Error) => void;
}

/**
 * The work of one kind of job: resolves with the job's result. A rejection is the end of the job, as the problem that
 * tells of the error, unless the signal has aborted or the engine was stopped.
 */
export type JobRunner<K extends JobKind> = (context: JobContext<K>) => Promise<NonNullable<JobOf<K>['result']>>;

/** How to do every kind of job. */
export type JobRunners = { readonly [K in JobKind]: JobRunner<K> };
