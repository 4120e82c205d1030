import type { Job } from '@mediclip/contracts';
import type { EngineEvents } from '@mediclip/engine';
import { rejectedTotal, scoreStageSeconds, sharedMetric } from '@mediclip/queue';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { WorkerEngine } from '../dependencies.js';

/** What the worker counts and measures. */
export interface WorkerMetrics {
  jobEnded(job: Job): void;
  /** Time spent in a stage of a score. */
  stage(stage: 'model', seconds: number): void;
  /** Stops listening to the engine. */
  close(): void;
}

const jobSeconds = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400];

/**
 * Registers the worker's metrics and keeps those of the engine; what a server in the same process has registered
 * already is shared.
 */
export function workerMetrics(registry: Registry, engine: WorkerEngine): WorkerMetrics {
  const jobDuration = sharedMetric(
    registry,
    'mediclip_job_duration_seconds',
    (name) =>
      new Histogram({
        name,
        help: 'Time from when work on a job began first until its end.',
        labelNames: ['kind', 'outcome'],
        buckets: jobSeconds,
        registers: [registry],
      }),
  );
  const stageDuration = scoreStageSeconds(registry);
  const batchSize = sharedMetric(
    registry,
    'mediclip_batch_size',
    (name) =>
      new Histogram({
        name,
        help: 'Images that the engine scored in one pass.',
        buckets: [1, 2, 4, 8, 16, 32, 64],
        registers: [registry],
      }),
  );
  const restarts = sharedMetric(
    registry,
    'mediclip_engine_restarts_total',
    (name) => new Counter({ name, help: 'How often the engine process was replaced.', registers: [registry] }),
  );
  sharedMetric(
    registry,
    'mediclip_engine_cuda_passed_over',
    (name) =>
      new Gauge({
        name,
        help: "1 while the device auto computes on the processor of a machine that has CUDA's files or an NVIDIA device.",
        registers: [registry],
        collect() {
          this.set(engine.state.passedOver === undefined ? 0 : 1);
        },
      }),
  );
  const rejected = rejectedTotal(registry);

  const onBatch = (...[{ size, queuedMs, computeMs }]: EngineEvents['batch']) => {
    batchSize.observe(size);
    for (const waited of queuedMs) stageDuration.observe({ stage: 'batch' }, waited / 1000);
    stageDuration.observe({ stage: 'pass' }, computeMs / 1000);
  };
  const onRestart = () => restarts.inc();
  const onRejected = (...[{ reason }]: EngineEvents['rejected']) => rejected.inc({ reason: `engine-${reason}` });
  engine.on('batch', onBatch);
  engine.on('restart', onRestart);
  engine.on('rejected', onRejected);
  return {
    jobEnded({ kind, state, createdAt, startedAt, finishedAt }) {
      const seconds = (Date.parse(finishedAt ?? createdAt) - Date.parse(startedAt ?? createdAt)) / 1000;
      jobDuration.observe({ kind, outcome: state }, seconds);
    },
    stage: (stage, seconds) => stageDuration.observe({ stage }, seconds),
    close() {
      engine.off('batch', onBatch);
      engine.off('restart', onRestart);
      engine.off('rejected', onRejected);
    },
  };
}
