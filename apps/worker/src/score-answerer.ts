import { ProblemError, problemKind } from '@mediclip/contracts';
import { problemOf } from '@mediclip/problems';
import type { ScoreAnswerer, ScoreReply } from '@mediclip/queue';
import type { Store } from '@mediclip/store';
import type { Logger } from 'pino';
import type { WorkerEngine } from './dependencies.js';
import type { EngineHealth } from './engine-health.js';
import type { WorkerMetrics } from './metrics/worker-metrics.js';
import type { ModelCache } from './models/model-cache.js';

export interface ScoreAnswererOptions {
  readonly store: Store;
  readonly engine: Pick<WorkerEngine, 'score'>;
  readonly health: Pick<EngineHealth, 'failing'>;
  readonly models: ModelCache;
  readonly metrics: Pick<WorkerMetrics, 'stage'>;
  readonly logger: Logger;
  /** Called with the backbone that has just scored, and so is warm. */
  readonly onWarm: (backbone: string) => void;
}

const retryAfterSeconds = 1;

/** Answers scores that callers of the API wait for; what stands in their way is part of the answer, as a problem. */
export function scoreAnswerer(options: ScoreAnswererOptions): ScoreAnswerer {
  const { store, engine, health, models, metrics, logger, onWarm } = options;
  return async ({ tenant, modelId, side, images }, { signal }) => {
    const begin = performance.now();
    const engineSignal = AbortSignal.any([signal, health.failing]);
    try {
      const scores = await models.use(store.tenant(tenant), modelId, async (ready) => {
        metrics.stage('model', (performance.now() - begin) / 1000);
        if (side !== ready.side) {
          throw new ProblemError('internal', `The model ${modelId} takes images of side ${ready.side}, not ${side}.`);
        }
        const wanted = images.map((data) => ({ side, data }));
        const answers = await engine.score(
          { detector: ready.detector, images: wanted },
          { signal: engineSignal, caller: tenant },
        );
        onWarm(ready.model.configuration.backbone);
        return answers;
      });
      return { outcome: 'scored', scores };
    } catch (error) {
      signal.throwIfAborted();
      return refusal(error, logger.child({ tenant, modelId }));
    }
  };
}

function refusal(error: unknown, log: Logger): ScoreReply {
  const problem = problemOf(error);
  if (problem.status >= 500) log.warn({ err: problem.cause ?? problem }, 'score refused');
  return {
    outcome: 'refused',
    slug: problem.slug,
    detail: problem.message,
    ...(problemKind(problem.slug).retryable && { retryAfterSeconds }),
  };
}
