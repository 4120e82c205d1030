import { jobKindSchema, type ReadinessCheck } from '@mediclip/contracts';
import { openObjectThreads } from '@mediclip/dicom-objects';
import type { Consumer, ScoreServer } from '@mediclip/queue';
import { startWebhooks } from '@mediclip/webhooks';
import type { WorkerDependencies } from './dependencies.js';
import { EngineHealth } from './engine-health.js';
import { recoverJobs, startHousekeeping } from './housekeeping.js';
import { deadJobHandler, jobHandler } from './jobs/job-handler.js';
import { jobRunners } from './jobs/job-runners.js';
import { workerMetrics } from './metrics/worker-metrics.js';
import { ModelCache } from './models/model-cache.js';
import { Residency } from './models/residency.js';
import { scoreAnswerer } from './score-answerer.js';

type WorkerState = 'running' | 'draining' | 'stopped';

/** Scores that callers wait for, at once; the engine batches them. */
const scoreConcurrency = 64;

/** A worker that takes jobs and answers scores. */
export interface Worker {
  readonly state: WorkerState;

  /**
   * Resolves with the reason when the engine will not run any more: stop the worker, and start it anew in a new
   * process.
   */
  readonly engineGaveUp: Promise<Error>;

  /** Whether the engine runs, or is being replaced as usual: what a supervisor of the process should look at. */
  health(): readonly ReadinessCheck[];

  /**
   * What the worker needs, and whether it is there: the store, the queue and the engine. It is ready when all of it is.
   */
  ready(): Promise<readonly ReadinessCheck[]>;

  /**
   * Takes nothing more, answers the scores it has taken, has the engine checkpoint a running adaptation, gives
   * unfinished jobs back to the queue, and stops the engine. What is still running after `graceMs` is aborted. Repeated
   * calls wait for the first one.
   */
  stop(graceMs: number): Promise<void>;
}

/**
 * Starts to take jobs from the queue and to answer scores. While the engine is not ready it takes none, and what is
 * here when the engine does not start goes back to where others take it.
 *
 * @example
 * const worker = await startWorker({ store, jobQueue, scoreChannel, engine, imagingPool, logger, registry, settings });
 * await worker.stop(30_000);
 */
export async function startWorker(dependencies: WorkerDependencies): Promise<Worker> {
  const { store, jobQueue, scoreChannel, engine, logger, registry, settings } = dependencies;
  const models = await ModelCache.open({ folder: settings.cacheFolder, engine });
  const metrics = workerMetrics(registry, engine);

  const health = new EngineHealth(engine);
  const engineGaveUp = new Promise<Error>((resolve) => {
    health.once('gaveUp', resolve);
  });

  engine.on('restart', (end) => logger.warn(end, 'engine replaced'));
  engine.on('batchHalved', (halved) => logger.warn(halved, 'memory ran out, smaller batches from now on'));

  const warm = new Set<string>();
  const onWarm = (backbone: string) => {
    if (warm.has(backbone)) return;
    warm.add(backbone);
    scoreServer.setTopics([...warm]).catch((err: unknown) => logger.warn({ err }, 'warm backbones not announced'));
  };
  const answer = scoreAnswerer({ store, engine, health, models, metrics, logger, onWarm });
  const scoreServer: ScoreServer = await scoreChannel.serve(answer, { topics: [], concurrency: scoreConcurrency });

  const objects = openObjectThreads();
  const runners = jobRunners(dependencies, models, objects);
  const handler = jobHandler({ store, runners, health, metrics, logger, timeoutMs: settings.jobTimeoutMs });
  const consume = async (): Promise<Consumer> => {
    await recoverJobs(store, jobQueue);
    return jobQueue.consume(handler, {
      kinds: jobKindSchema.options,
      concurrency: settings.jobConcurrency,
      onDead: deadJobHandler({ store, logger }),
    });
  };
  const consumer = await consume().catch(async (error: unknown) => {
    health.close();
    metrics.close();
    await scoreServer.close();
    throw error;
  });
  const webhooks = await startWebhooks({
    ...{ store, jobQueue, logger, registry },
    allowPrivate: settings.privateWebhooks,
  });
  const residency = new Residency({ store, models, engine, logger, onWarm });
  residency.start(health);
  const stopHousekeeping = startHousekeeping({ store, jobQueue, ...settings, logger });

  let state: WorkerState = 'running';
  let stopped: Promise<void> | undefined;
  const follow = (status: EngineHealth['status']) => {
    if (state !== 'running') return;
    const isReady = status === 'ready';
    if (isReady) logger.info('the engine is ready: taking jobs and scores');
    else logger.warn({ engine: status }, 'the engine is not ready: taking no jobs and no scores');
    const onError = (err: unknown) => logger.warn({ err }, 'the queue was not told of the engine');
    for (const intake of [consumer, scoreServer]) (isReady ? intake.resume() : intake.pause()).catch(onError);
  };
  health.on('change', follow);
  if (health.status !== 'ready') follow(health.status);

  const stop = async (graceMs: number) => {
    state = 'draining';
    const housekeepingStopped = Promise.all([stopHousekeeping(), residency.stop()]);
    const webhooksStopped = webhooks.stop(graceMs);
    await drain({ consumer, scoreServer, engine }, graceMs);
    await housekeepingStopped;
    await webhooksStopped;
    await objects.close();
    health.close();
    metrics.close();
    state = 'stopped';
    logger.info('worker stopped');
  };
  const { provider, passedOver } = engine.state;
  if (passedOver !== undefined) logger.warn({ provider }, passedOver);
  logger.info({ provider }, 'worker started');
  return {
    get state() {
      return state;
    },
    engineGaveUp,
    health() {
      const isWell = health.isWell || state !== 'running';
      return [{ name: 'engine', ok: isWell, ...(!isWell && { detail: `The engine is ${health.status}.` }) }];
    },
    ready: () => readiness(dependencies, health, state),
    stop(graceMs) {
      stopped ??= stop(graceMs);
      return stopped;
    },
  };
}

/** What a worker in this state needs, and whether it is there. */
function readiness(
  { store, jobQueue, engine }: WorkerDependencies,
  health: EngineHealth,
  state: WorkerState,
): Promise<readonly ReadinessCheck[]> {
  return Promise.all([
    check('worker', async () => refuseUnless(state === 'running', `The worker is ${state}.`)),
    check('store', () => store.check()),
    check('queue', () => jobQueue.ping()),
    check('engine', async () => {
      const { status } = health;
      refuseUnless(status === 'ready', `The engine is ${status}.`);
      return engine.state.passedOver;
    }),
  ]);
}

/**
 * Takes nothing more, and resolves when what was taken is done or given back and the engine has stopped. Scores that
 * callers wait for have half of the grace, jobs all of it.
 */
async function drain(
  {
    consumer,
    scoreServer,
    engine,
  }: { consumer: Consumer; scoreServer: ScoreServer } & Pick<WorkerDependencies, 'engine'>,
  graceMs: number,
): Promise<void> {
  const jobsGivenBack = consumer.close({ graceMs });
  const graceOver = new AbortController();
  const timer = setTimeout(() => graceOver.abort(), graceMs / 2);
  await Promise.race([
    scoreServer.close(),
    new Promise<void>((resolve) => graceOver.signal.addEventListener('abort', () => resolve())),
  ]);
  clearTimeout(timer);
  await engine.stop();
  await jobsGivenBack;
}

/** A text that `look` resolves with is a detail of what is there all the same. */
async function check(name: string, look: () => Promise<unknown>): Promise<ReadinessCheck> {
  try {
    const detail = await look();
    return { name, ok: true, ...(typeof detail === 'string' && { detail }) };
  } catch (error) {
    return { name, ok: false, detail: (error as Error).message };
  }
}

function refuseUnless(condition: boolean, reason: string): void {
  if (!condition) throw new Error(reason);
}
