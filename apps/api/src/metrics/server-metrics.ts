import { type JobQueue, QueueUnavailableError } from '@mediclip/queue';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What the server counts and measures. */
export interface ServerMetrics {
  readonly requestSeconds: Histogram<'method' | 'route' | 'status'>;
  /** Time that one request spent in a stage of a score: `decode`, `compute`, `draw`. */
  readonly scoreStageSeconds: Histogram<'stage'>;
  /** Requests turned away, by the slug of their problem. */
  readonly rejected: Counter<'reason'>;
}

const secondBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Registers the server's metrics; those that a worker in the same process has registered already are shared. */
export function serverMetrics(registry: Registry, jobQueue: JobQueue): ServerMetrics {
  shared(registry, 'mediclip_queue_depth', (name) => {
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
    requestSeconds: shared(
      registry,
      'mediclip_http_request_duration_seconds',
      (name) =>
        new Histogram({
          name,
          help: 'Time from the head of a request to the end of its answer.',
          labelNames: ['method', 'route', 'status'],
          buckets: secondBuckets,
          registers: [registry],
        }),
    ),
    scoreStageSeconds: scoreStageSeconds(registry),
    rejected: shared(
      registry,
      'mediclip_rejected_total',
      (name) =>
        new Counter({
          name,
          help: 'Requests that were turned away, by reason.',
          labelNames: ['reason'],
          registers: [registry],
        }),
    ),
  };
}

/** The histogram of the stages of a score, which API and worker share when they are one process. */
export function scoreStageSeconds(registry: Registry): Histogram<'stage'> {
  return shared(
    registry,
    'mediclip_score_stage_seconds',
    (name) =>
      new Histogram({
        name,
        help: 'Time that a score spent in each of its stages.',
        labelNames: ['stage'],
        buckets: secondBuckets,
        registers: [registry],
      }),
  );
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

function shared<M>(registry: Registry, name: string, make: (name: string) => M): M {
  return (registry.getSingleMetric(name) as M | undefined) ?? make(name);
}
