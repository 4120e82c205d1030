import {
  type JobQueue,
  QueueUnavailableError,
  rejectedTotal,
  scoreStageSeconds,
  secondBuckets,
  sharedMetric,
} from '@mediclip/queue';
import { type Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What the server counts and measures. */
export interface ServerMetrics {
  readonly requestSeconds: Histogram<'method' | 'route' | 'status'>;
  /** Time that one request spent in a stage of a score: `decode`, `compute`, `draw`. */
  readonly scoreStageSeconds: Histogram<'stage'>;
  /** Requests turned away, by the slug of their problem. */
  readonly rejected: Counter<'reason'>;
  /** Capital of the drift martingale of each model, when its scores were last written. */
  readonly driftMartingale: Gauge<'model'>;
}

/** Registers the server's metrics; those that a worker in the same process has registered already are shared. */
export function serverMetrics(registry: Registry, jobQueue: JobQueue): ServerMetrics {
  sharedMetric(registry, 'mediclip_queue_depth', (name) => {
    const depth = new Gauge({
      name,
      help: 'Jobs that are waiting, by kind.',
      labelNames: ['kind'],
      registers: [registry],
      async collect() {
        depth.reset();
        for (const [kind, waiting] of Object.entries(await depthOf(jobQueue))) depth.set({ kind }, waiting);
      },
    });
    return depth;
  });
  return {
    requestSeconds: sharedMetric(
      registry,
      'mediclip_http_request_duration_seconds',
      (name) =>
        new Histogram({
          name,
          help: 'Time from the head of a request to the end of its answer.',
          labelNames: ['method', 'route', 'status'],
          buckets: [...secondBuckets],
          registers: [registry],
        }),
    ),
    scoreStageSeconds: scoreStageSeconds(registry),
    rejected: rejectedTotal(registry),
    driftMartingale: sharedMetric(
      registry,
      'mediclip_drift_martingale',
      (name) =>
        new Gauge({
          name,
          help: 'Evidence that the images of a model have changed since its calibration: 1 is none, 100 an alarm.',
          labelNames: ['model'],
          registers: [registry],
        }),
    ),
  };
}

/** Runs work and measures it as a stage of a score. */
export function stageTimer({ scoreStageSeconds: seconds }: Pick<ServerMetrics, 'scoreStageSeconds'>) {
  return async <T>(stage: string, work: () => Promise<T>): Promise<T> => {
    const stop = seconds.startTimer({ stage });
    try {
      return await work();
    } finally {
      stop();
    }
  };
}

/** Waiting jobs by kind; none of a queue that cannot be reached, so that the series is missing instead of wrong. */
async function depthOf(jobQueue: JobQueue): Promise<Record<string, number>> {
  try {
    return await jobQueue.depth();
  } catch (error) {
    if (error instanceof QueueUnavailableError) return {};
    throw error;
  }
}
