import { mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  type Calibration,
  type Evaluation,
  type EvaluationScores,
  evaluationScoresFileName,
  type Job,
  type ProblemError,
  type ScoringResult,
} from '@mediclip/contracts';
import { describeMap, writeNpy } from '@mediclip/maps';
import type {
  Consumer,
  Attempt as Delivery,
  JobEntry,
  JobQueue,
  ScoreChannel,
  ScoreMessage,
  ScoreReply,
  ScoreServer,
} from '@mediclip/queue';
import { type Attempt, datasetDigest, StaleAttempt, type Store, type TenantStore } from '@mediclip/store';
import { temporaryFolder } from '@mediclip/testing';

const mapSide = 4;
const digest = 'ab'.repeat(32);

/** Stands in for workers: computes nothing, but keeps every promise that the API relies on. */
export class FakeWorker {
  /** Jobs wait in `running` until this resolves. */
  hold: Promise<void> | undefined;
  /** Jobs end with this problem while it is there. */
  failure: ProblemError | undefined;
  /** Answers scores in place of maps, by the model that is asked. */
  scoreReply: ((modelId: string) => Promise<ScoreReply>) | undefined;
  /** Signals of the scores that were asked for. */
  readonly scoreSignals: AbortSignal[] = [];

  readonly #store: Store;
  readonly #consumer: Consumer;
  readonly #server: ScoreServer;

  private constructor(store: Store, consumer: Consumer, server: ScoreServer) {
    this.#store = store;
    this.#consumer = consumer;
    this.#server = server;
  }

  static async start({
    store,
    jobQueue,
    scoreChannel,
  }: {
    store: Store;
    jobQueue: JobQueue;
    scoreChannel: ScoreChannel;
  }) {
    const holder: { worker?: FakeWorker } = {};
    const consumer = await jobQueue.consume((entry, delivery) => holder.worker!.#run(entry, delivery), {
      concurrency: 2,
      onDead: async () => undefined,
    });
    const server = await scoreChannel.serve(async (message, { signal }) => holder.worker!.#score(message, signal), {
      topics: ['lite'],
      concurrency: 8,
    });
    holder.worker = new FakeWorker(store, consumer, server);
    return holder.worker;
  }

  async stop(): Promise<void> {
    await this.#consumer.close({ graceMs: 0 });
    await this.#server.close();
  }

  /** The map that an image of this first byte is given: rising from left to right. */
  static mapOf(firstByte: number): Float32Array {
    return Float32Array.from({ length: mapSide * mapSide }, (_, i) => ((i % mapSide) / mapSide) * (firstByte / 255));
  }

  async #score({ images, modelId }: ScoreMessage, signal: AbortSignal): Promise<ScoreReply> {
    this.scoreSignals.push(signal);
    if (this.scoreReply) return this.scoreReply(modelId);
    const scores = images.map((image) => {
      const map = FakeWorker.mapOf(image[0]!);
      return { score: Math.max(...map), map, mapSide };
    });
    return { outcome: 'scored', scores };
  }

  async #run({ tenant: name, jobId }: JobEntry, { signal }: Delivery): Promise<{ outcome: 'done' }> {
    const tenant = this.#store.tenant(name);
    let attempt: Attempt;
    let job: Job;
    try {
      const started = await tenant.attempts.start(jobId);
      attempt = started.attempt;
      job = started.stored.job;
    } catch (error) {
      if (error instanceof StaleAttempt) return { outcome: 'done' };
      throw error;
    }
    await tenant.attempts.progress(attempt, { phase: 'working', done: 1, total: 2 });
    if (this.hold) await Promise.race([this.hold, aborted(signal)]);
    if (signal.aborted) {
      await tenant.attempts.end(attempt, { state: 'cancelled' });
      return { outcome: 'done' };
    }
    if (this.failure) {
      await tenant.attempts.end(attempt, { state: 'failed', error: this.failure.toProblem() });
      return { outcome: 'done' };
    }
    await tenant.attempts.end(attempt, { state: 'succeeded', result: await resultOf(tenant, attempt, job) });
    return { outcome: 'done' };
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

async function resultOf(tenant: TenantStore, attempt: Attempt, job: Job): Promise<object> {
  switch (job.kind) {
    case 'adaptation':
      return { modelId: await makeModel(tenant, attempt, job) };
    case 'scoring':
      return score(tenant, attempt, job);
    case 'evaluation':
      return { evaluationId: await evaluate(tenant, attempt, job) };
    case 'audit':
      return { auditId: (await tenant.audits.create(attempt, emptyAudit(job))).id };
    case 'calibration':
    case 'revision':
    case 'dicomweb-import':
    case 'dicomweb-push':
      throw new Error(`The fake worker does no ${job.kind}.`);
  }
}

function emptyAudit({ request: { datasetId } }: Extract<Job, { kind: 'audit' }>) {
  return {
    datasetId,
    datasetDigest: digest,
    images: { audited: 0, rejected: 0 },
    warnings: [],
    copies: { images: 0, testInTraining: 0, groupCount: 0, groups: [] },
    cues: [],
  };
}

async function makeModel(tenant: TenantStore, attempt: Attempt, job: Extract<Job, { kind: 'adaptation' }>) {
  const { datasetId, options } = job.request;
  const filter = { split: 'train', label: 'normal' } as const;
  const { items: shots } = await tenant.images.list(datasetId, { limit: options.shots }, filter);
  const folder = mkdtempSync(path.join(temporaryFolder(), 'detector-'));
  writeFileSync(path.join(folder, 'detector.safetensors'), 'weights');
  const description = {
    ...(options.name !== undefined && { name: options.name }),
    configuration: { ...options, taps: [4, 10, 15] },
    lineage: {
      jobId: job.id,
      datasetId,
      datasetDigest: digest,
      imageIds: shots.map(({ id }) => id),
      backbone: options.backbone,
      backboneDigest: digest,
      seed: options.seed,
      device: 'cpu',
      versions: {},
    },
    lossHistory: [{ epoch: 1, loss: 1, focal: 0.5, dice: 0.5 }],
    selectedEpoch: 1,
  };
  return (await tenant.models.create(attempt, description, folder)).id;
}

async function score(tenant: TenantStore, attempt: Attempt, job: Extract<Job, { kind: 'scoring' }>) {
  let scored = 0;
  for await (const image of tenant.images.all(job.request.datasetId, { split: job.request.split })) {
    const map = FakeWorker.mapOf(255);
    const { map: summary, regions } = describeMap(map, mapSide, image, 0.5);
    const result: ScoringResult = {
      imageId: image.id,
      fileName: image.fileName,
      split: image.split,
      label: image.label,
      ...(image.group !== undefined && { group: image.group }),
      outcome: 'scored',
      score: summary.max,
      map: summary,
      regions: [...regions],
    };
    await tenant.results.put(attempt, result, writeNpy(map, [mapSide, mapSide]));
    scored += 1;
  }
  return { scored, rejected: 0 };
}

async function evaluate(tenant: TenantStore, attempt: Attempt, job: Extract<Job, { kind: 'evaluation' }>) {
  const scores: EvaluationScores = [];
  for await (const { id: imageId, label } of tenant.images.all(job.request.datasetId, { split: 'test' })) {
    scores.push({ imageId, label, score: label === 'abnormal' ? 0.75 : 0.25 });
  }
  const files = { [evaluationScoresFileName]: Buffer.from(JSON.stringify(scores)) };
  return (await tenant.evaluations.create(attempt, await figures(tenant, job), files)).id;
}

async function figures(
  tenant: TenantStore,
  { request: { modelId, datasetId, baselineModelId } }: Extract<Job, { kind: 'evaluation' }>,
): Promise<Omit<Evaluation, 'id' | 'jobId' | 'createdAt'>> {
  const images = [];
  for await (const image of tenant.images.all(datasetId)) images.push(image);
  const unknown = { value: null, reason: 'The fake worker evaluates nothing.' };
  return {
    modelId,
    datasetId,
    datasetDigest: datasetDigest(images),
    images: { normal: 0, abnormal: 0, masks: 0, rejected: 0 },
    image: {
      auroc: { value: 0.9, interval: { low: 0.8, high: 0.95, level: 0.95, method: 'delong' } },
      averagePrecision: unknown,
      f1Max: unknown,
      sensitivityAtSpecificity90: unknown,
      sensitivityAtSpecificity95: unknown,
    },
    pixel: { auroc: unknown, averagePrecision: unknown, aupro30: unknown, diceBest: unknown, diceCalibrated: unknown },
    ...(baselineModelId !== undefined && {
      comparison: {
        baselineModelId,
        images: 2,
        auroc: { value: 0.9 },
        baselineAuroc: { value: 0.95 },
        difference: { value: -0.05, interval: { low: -0.2, high: 0.1, level: 0.95 } },
        test: unknown,
      },
    }),
  };
}

/** A threshold for tests, as a calibration leaves it. */
export function calibrationOf(
  jobId: string,
  datasetId: string,
  threshold: number,
  scores: readonly number[] = Array.from({ length: 20 }, () => threshold),
): Calibration {
  return {
    alpha: 0.1,
    threshold,
    mapThreshold: threshold,
    images: scores.length,
    scores: [...scores],
    datasetId,
    datasetDigest: digest,
    jobId,
    createdAt: new Date().toISOString(),
  };
}
