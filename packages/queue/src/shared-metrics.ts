import { Counter, Histogram, type Registry } from 'prom-client';

/**
 * The metric of this name in `registry`, made when it is not there yet: API and worker may be one process with one
 * registry, and both sides of the queue observe some of the same metrics.
 */
export function sharedMetric<M>(registry: Registry, name: string, make: (name: string) => M): M {
  return (registry.getSingleMetric(name) as M | undefined) ?? make(name);
}

/** Upper bounds of the buckets for what takes as long as a request. */
export const secondBuckets: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * Time of the stages of a score: `decode`, `compute` and `draw` in the API, `model`, `batch` and `pass` in the worker.
 */
export function scoreStageSeconds(registry: Registry): Histogram<'stage'> {
  return sharedMetric(
    registry,
    'mediclip_score_stage_seconds',
    (name) =>
      new Histogram({
        name,
        help: 'Time that a score spent in each of its stages.',
        labelNames: ['stage'],
        buckets: [...secondBuckets],
        registers: [registry],
      }),
  );
}

/**
 * Requests turned away: by the API with the slug of their problem, by a worker's engine with `engine-` and its reason.
 */
export function rejectedTotal(registry: Registry): Counter<'reason'> {
  return sharedMetric(
    registry,
    'mediclip_rejected_total',
    (name) =>
      new Counter({
        name,
        help: 'Requests that were turned away, by reason.',
        labelNames: ['reason'],
        registers: [registry],
      }),
  );
}
