import { setMaxListeners } from 'node:events';
import { type JobKind, ProblemError } from '@mediclip/contracts';
import { problemOf } from '@mediclip/problems';
import { AttemptAborted, type ConsumeOptions, type HandlerOutcome, type JobHandler } from '@mediclip/queue';
import {
  type Attempt,
  RecordNotFound,
  StaleAttempt,
  type Store,
  type StoredJob,
  StoreError,
  StoreFull,
  type TenantStore,
} from '@mediclip/store';
import type { Logger } from 'pino';
import { type EngineHealth, isWithoutEngine } from '../engine-health.js';
import type { WorkerMetrics } from '../metrics/worker-metrics.js';
import { AttemptWatch, JobCancelled, JobTooLong } from './attempt-watch.js';
import type { JobContext, JobRunner, JobRunners } from './job-context.js';
import { ProgressReporter } from './progress-reporter.js';

export interface JobHandlerOptions {
  readonly store: Store;
  readonly runners: JobRunners;
  readonly health: Pick<EngineHealth, 'failing'>;
  readonly metrics: Pick<WorkerMetrics, 'jobEnded'>;
  readonly logger: Logger;
  /** How long an attempt may run. */
  readonly timeoutMs: number;
}

type Ending = Parameters<TenantStore['attempts']['end']>[1];

const mainPhases: Readonly<Record<JobKind, string>> = {
  adaptation: 'training',
  scoring: 'scoring',
  evaluation: 'scoring',
  calibration: 'scoring',
  revision: 'finishing',
  'dicomweb-import': 'fetching',
  'dicomweb-push': 'sending',
  audit: 'comparing',
};

/** How soon an entry comes again whose attempt was superseded: the record then says whether anything is left to do. */
const supersededDelayMs = 1000;

/** How soon an entry comes again while the store is away. */
const storeAwayDelayMs = 2000;

/** For so long after the store was found away, what fails there is put down to that: it may have begun before. */
const aftermathMs = 10_000;

/**
 * Works on entries of the queue. An attempt that failed because the whole store is away is not counted: the entry comes
 * again until the store is back.
 */
export function jobHandler(options: JobHandlerOptions): JobHandler {
  const work = attemptHandler(options);
  let awayAt = Number.NEGATIVE_INFINITY;
  return async (entry, attempt) => {
    try {
      return await work(entry, attempt);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (!(await isWell(options.store))) awayAt = performance.now();
      if (performance.now() - awayAt > aftermathMs) throw error;
      options.logger.warn({ err: error, jobId: entry.jobId }, 'job put off until the store is back');
      return { outcome: 'return', delayMs: storeAwayDelayMs };
    }
  };
}

const isWell = (store: Store): Promise<boolean> =>
  store.check().then(
    () => true,
    () => false,
  );

/** Takes the job up in the store, has its kind's runner do the work, and ends the job with what came of it. */
function attemptHandler({ store, runners, health, metrics, logger, timeoutMs }: JobHandlerOptions): JobHandler {
  return async ({ tenant: name, jobId }, { signal: queueSignal }) => {
    queueSignal.throwIfAborted();
    const tenant = store.tenant(name);
    const begun = await begin(tenant, jobId);
    if (begun === undefined) return { outcome: 'done' };
    const { attempt, stored } = begun;
    const log = logger.child({
      tenant: name,
      jobId,
      kind: stored.job.kind,
      attempt: stored.job.attempt,
      ...(stored.requestId !== undefined && { requestId: stored.requestId }),
    });
    log.info('job taken up');

    const watch = new AttemptWatch(tenant.attempts, attempt, {
      timeoutMs,
      onError: (err) => log.warn({ err }, 'job not readable or writable'),
    });
    const signal = AbortSignal.any([queueSignal, watch.signal, health.failing]);
    // Every image under way listens to it.
    setMaxListeners(0, signal);
    const reporter = new ProgressReporter({
      mainPhase: mainPhases[stored.job.kind],
      write: async (progress) => watch.saw(await tenant.attempts.progress(attempt, progress)),
      onError: (error) => watch.failed(error),
    });
    const context: JobContext = {
      job: stored.job,
      tenant,
      attempt,
      signal,
      log,
      report: (step) => reporter.report(step),
      abort: (reason) => watch.abort(reason),
    };
    const run = runners[stored.job.kind] as JobRunner<JobKind>;
    try {
      const disposition = await run(context).then(
        (result): Disposition => ({ end: { state: 'succeeded', result } }),
        (error) => dispositionOf(error, signal),
      );
      await reporter.close();
      return await settle(disposition, { tenant, attempt, log, metrics });
    } finally {
      await reporter.close();
      watch.stop();
    }
  };
}

/** Fails jobs whose entries have used up their attempts. */
export function deadJobHandler({
  store,
  logger,
}: Pick<JobHandlerOptions, 'store' | 'logger'>): ConsumeOptions['onDead'] {
  return async ({ tenant, jobId, kind }, reason) => {
    logger.error({ tenant, jobId, kind, reason }, 'job given up');
    const problem = new ProblemError(
      'attempts-exhausted',
      `The job was interrupted too often; the last time: ${reason}`,
    );
    await store
      .tenant(tenant)
      .jobs.giveUp(jobId, problem.toProblem())
      .catch((error: unknown) => {
        if (!(error instanceof RecordNotFound)) throw error;
      });
  };
}

async function begin(
  { attempts }: TenantStore,
  jobId: string,
): Promise<{ attempt: Attempt; stored: StoredJob } | undefined> {
  try {
    return await attempts.start(jobId);
  } catch (error) {
    if (error instanceof StaleAttempt || error instanceof RecordNotFound) return undefined;
    throw error;
  }
}

/**
 * What becomes of an attempt: the job ends, goes back to the queue, is left to the attempt that has superseded it, or
 * the attempt failed.
 */
type Disposition =
  | { readonly end: Ending; readonly cause?: unknown }
  | { readonly giveBack: true }
  | { readonly superseded: Error }
  | { readonly retry: unknown };

function dispositionOf(error: unknown, signal: AbortSignal): Disposition {
  if (signal.aborted) return dispositionOfAbort(signal.reason);
  if (error instanceof StaleAttempt) return { superseded: error };
  if (isWithoutEngine(error)) return { giveBack: true };
  if (isWorthAnotherAttempt(error)) return { retry: error };
  const problem = problemOf(error);
  return { end: { state: 'failed', error: problem.toProblem() }, cause: problem.cause ?? problem };
}

/** A job that ended so may be tried again elsewhere or later: the store could not be used. */
function isWorthAnotherAttempt(error: unknown): boolean {
  return error instanceof StoreError && error.retryable && !(error instanceof StoreFull);
}

function dispositionOfAbort(reason: unknown): Disposition {
  if (reason instanceof JobCancelled) return { end: { state: 'cancelled' } };
  if (reason instanceof StaleAttempt) return { superseded: reason };
  if (reason instanceof JobTooLong) {
    const problem = new ProblemError('job-time-limit', undefined, { limit: reason.limitMs / 1000 });
    return { end: { state: 'failed', error: problem.toProblem() }, cause: reason };
  }
  if (isWithoutEngine(reason)) return { giveBack: true };
  if (!(reason instanceof AttemptAborted)) return { retry: reason };
  switch (reason.abortCause) {
    case 'cancelled':
      return { end: { state: 'cancelled' } };
    case 'closing':
      return { giveBack: true };
    case 'lock-lost':
      return { superseded: reason };
  }
}

async function settle(
  disposition: Disposition,
  {
    tenant,
    attempt,
    log,
    metrics,
  }: { tenant: TenantStore; attempt: Attempt; log: Logger } & Pick<JobHandlerOptions, 'metrics'>,
): Promise<HandlerOutcome> {
  if ('retry' in disposition) throw disposition.retry;
  if ('superseded' in disposition) {
    log.warn({ reason: disposition.superseded.message }, 'attempt superseded');
    return { outcome: 'return', delayMs: supersededDelayMs };
  }
  try {
    if ('giveBack' in disposition) {
      await tenant.attempts.release(attempt);
      log.info('job given back');
      return { outcome: 'return', delayMs: 0 };
    }
    const { job } = await tenant.attempts.end(attempt, disposition.end);
    metrics.jobEnded(job);
    log.info({ state: job.state, ...(disposition.cause !== undefined && { err: disposition.cause }) }, 'job ended');
    return { outcome: 'done' };
  } catch (error) {
    if (!(error instanceof StaleAttempt)) throw error;
    log.warn({ reason: error.message }, 'attempt superseded');
    return { outcome: 'return', delayMs: supersededDelayMs };
  }
}
