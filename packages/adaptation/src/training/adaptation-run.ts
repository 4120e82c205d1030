import type { SyntheticSample } from '@mediclip/synthesis';
import { writeDetector } from '../detector/detector-files.js';
import type { DetectorTensors } from '../detector/detector-shape.js';
import { AdaptationError } from '../errors.js';
import { initialParameters, parameterSpecs } from '../graphs/parameters.js';
import type { Features } from '../tower/features.js';
import { greyToRgb } from '../tower/rgb.js';
import type { Tower } from '../tower/tower.js';
import { readCheckpoint, writeCheckpoint } from './checkpoint.js';
import { type FittedMemory, fitMemory } from './fit-memory.js';
import {
  type AdaptationJob,
  checkImages,
  checkpointFile,
  configurationDigest,
  imagesDigest,
  trainingFolder,
} from './job.js';
import { epochLosses } from './loss-history.js';
import { planHeldOut, planStep, type SampleRequest, type SampleSource, stepsPerEpoch } from './plan.js';
import { averagingAt, learningRateAt } from './rates.js';
import { initialState, type TrainingState } from './state.js';
import { type LabelledFeatures, Trainer } from './trainer.js';

export interface AdaptationProgress {
  readonly phase: 'preparing' | 'training' | 'finishing';
  /** Images prepared, or optimiser steps done. */
  readonly done: number;
  readonly total: number;
  /** The training loss of the last step. */
  readonly loss?: number;
}

/** Where a run's time went so far, in milliseconds. Synthesis is the time spent waiting for it. */
export interface AdaptationTimings {
  synthesisMs: number;
  towerMs: number;
  headMs: number;
  optimizerMs: number;
}

const batchesAhead = 2;
/** Larger ones would only need more memory. */
const largestEvaluationBatch = 16;

/**
 * A training that advances in small parts, so that whoever drives it can do other work in between, stop, or go on after a
 * crash: the state after a step is a function of the job alone.
 */
export class AdaptationRun {
  readonly timings: AdaptationTimings = { synthesisMs: 0, towerMs: 0, headMs: 0, optimizerMs: 0 };
  #progress: AdaptationProgress;
  readonly #parts: AsyncGenerator<AdaptationProgress, void>;
  readonly #ahead = new Map<number, Promise<SyntheticSample[]>>();
  readonly #configuration: string;

  private constructor(
    private readonly job: AdaptationJob,
    private readonly tower: Tower,
    private readonly samples: SampleSource,
    private readonly trainer: Trainer,
    private state: TrainingState,
    configuration: string,
  ) {
    this.#configuration = configuration;
    this.#progress = { phase: 'preparing', done: 0, total: job.images.length };
    this.#parts = this.#run();
  }

  /**
   * Prepares a run, or its continuation when `workFolder` holds its checkpoint. `tower` is the one of the options' backbone
   * and taps. Throws an `AdaptationError` for images that do not fit and for a checkpoint of another configuration.
   */
  static async open(job: AdaptationJob, tower: Tower, samples: SampleSource): Promise<AdaptationRun> {
    const { options, images, workFolder } = job;
    checkImages(job, tower);
    const configuration = configurationDigest(job, tower);
    const specs = parameterSpecs(tower.backbone, tower.taps, options);
    const state =
      readCheckpoint(checkpointFile(workFolder), specs, configuration) ??
      initialState(initialParameters(specs, options.seed));
    const artifacts = {
      ...options,
      taps: tower.taps,
      batchSize: Math.min(options.training.batchSize, images.length),
      evaluationBatchSize: Math.max(1, Math.min(options.training.heldOutSamples, largestEvaluationBatch)),
    };
    const trainer = await Trainer.open(tower.runtime, tower.backbone, artifacts, trainingFolder(workFolder));
    return new AdaptationRun(job, tower, samples, trainer, state, configuration);
  }

  get progress(): AdaptationProgress {
    return this.#progress;
  }

  /** Does the next small part of the work (at most a tower pass or an optimiser step); true when the detector is written. */
  async advance(): Promise<boolean> {
    const { done, value } = await this.#parts.next();
    if (value) this.#progress = value;
    return done === true;
  }

  /** Writes the state after the last whole step. */
  async checkpoint(): Promise<void> {
    const { workFolder } = this.job;
    await writeCheckpoint(checkpointFile(workFolder), this.state, this.trainer.specs, this.#configuration);
  }

  async release(): Promise<void> {
    await this.trainer.release();
  }

  get #plan() {
    const { options, images } = this.job;
    return { seed: options.seed, shots: images.length, batchSize: options.training.batchSize };
  }

  async *#run(): AsyncGenerator<AdaptationProgress, void> {
    const { training } = this.job.options;
    const totalSteps = training.epochs * stepsPerEpoch(this.#plan);
    for (let step = this.state.step; step < this.state.step + batchesAhead; step++) this.#drawAhead(step, totalSteps);
    const normals = yield* this.#prepareNormals();
    const heldOut = yield* this.#prepareHeldOut(normals);

    while (this.state.step < totalSteps) {
      const { step } = this.state;
      this.#drawAhead(step + batchesAhead, totalSteps);
      const samples = await this.#timed('synthesisMs', this.#ahead.get(step)!);
      this.#ahead.delete(step);
      const batch = yield* this.#label(planStep(this.#plan, step), samples, normals);
      await this.#step(batch, totalSteps, heldOut);
      if (this.state.step % training.checkpointEverySteps === 0) await this.checkpoint();
      yield this.#trainingProgress(totalSteps);
    }
    yield* this.#finish(normals);
  }

  #trainingProgress(total: number): AdaptationProgress {
    const { step, losses } = this.state;
    return { phase: 'training', done: step, total, ...(step > 0 && { loss: losses.at(-1)!.loss }) };
  }

  /** The features of the untouched normals, one image a run, so that they are the same bits in every attempt. */
  async *#prepareNormals(): AsyncGenerator<AdaptationProgress, Features[]> {
    const { images } = this.job;
    const total = images.length + this.job.options.training.heldOutSamples;
    const normals: Features[] = [];
    for (const { data } of images) {
      normals.push(...(await this.tower.features([greyToRgb(data)])));
      yield { phase: 'preparing', done: normals.length, total };
    }
    return normals;
  }

  async *#prepareHeldOut(normals: readonly Features[]): AsyncGenerator<AdaptationProgress, LabelledFeatures[]> {
    const { heldOutSamples, batchSize } = this.job.options.training;
    const total = normals.length + heldOutSamples;
    const requests = planHeldOut(this.#plan, heldOutSamples);
    const heldOut: LabelledFeatures[] = [];
    for (let start = 0; start < heldOutSamples; start += batchSize) {
      const chunk = requests.slice(start, start + batchSize);
      const samples = await this.samples.draw(chunk);
      heldOut.push(...(yield* this.#label(chunk, samples, normals)));
      yield { phase: 'preparing', done: normals.length + heldOut.length, total };
    }
    return heldOut;
  }

  /** Features and masks of drawn samples: untouched normals come from the cache, the others take a tower pass. */
  async *#label(
    requests: readonly SampleRequest[],
    samples: readonly SyntheticSample[],
    normals: readonly Features[],
  ): AsyncGenerator<AdaptationProgress, LabelledFeatures[]> {
    const changed = samples.filter(({ task }) => task !== 'identity');
    const passed = await this.#timed('towerMs', this.tower.features(changed.map(({ image }) => greyToRgb(image))));
    yield this.#progress;
    const next = passed.values();
    return samples.map(({ task, mask }, index) => ({
      mask,
      features: task === 'identity' ? normals[requests[index]!.image]! : next.next().value!,
    }));
  }

  async #step(
    batch: readonly LabelledFeatures[],
    totalSteps: number,
    heldOut: readonly LabelledFeatures[],
  ): Promise<void> {
    const { training } = this.job.options;
    const { loss, gradients } = await this.#timed('headMs', this.trainer.gradients(batch, this.state.parameters));
    const step = this.state.step + 1;
    if (!Number.isFinite(loss.loss)) {
      throw new AdaptationError(
        'diverged',
        `The training loss is no longer a number at step ${step}: lower training.learningRate.`,
      );
    }
    const rates = {
      step,
      learningRate: learningRateAt(training, this.state.step, totalSteps),
      averaging: averagingAt(training.averaging, step),
    };
    const updated = await this.#timed('optimizerMs', this.trainer.update(this.state, gradients, rates));
    const next = { ...this.state, ...updated, step, losses: [...this.state.losses, loss] };
    const epochEnds = step % stepsPerEpoch(this.#plan) === 0;
    this.state = epochEnds && heldOut.length > 0 ? await this.#select(next, heldOut) : next;
  }

  async #select(state: TrainingState, heldOut: readonly LabelledFeatures[]): Promise<TrainingState> {
    const loss = await this.trainer.evaluate(heldOut, state.average);
    const isBest = state.heldOut.every((earlier) => loss.loss < earlier.loss);
    const losses = [...state.heldOut, loss];
    return { ...state, heldOut: losses, ...(isBest && { best: state.average, bestEpoch: losses.length }) };
  }

  async *#finish(normals: readonly Features[]): AsyncGenerator<AdaptationProgress, void> {
    const { options, images, outFolder } = this.job;
    const { training } = options;
    const { average, best, bestEpoch } = this.state;
    const [parameters, selectedEpoch] =
      training.selection === 'heldOut' ? [best, bestEpoch] : [average, training.epochs];
    const learned = new Map([...parameters, ['states', await this.trainer.states(parameters)]]);
    const memory = yield* this.#fitMemory(learned, normals);
    await writeDetector(outFolder, {
      shape: {
        backbone: this.tower.backbone,
        taps: this.tower.taps,
        scoring: options.scoring,
        patches: memory.patches,
      },
      tensors: new Map([...learned, ...memory.tensors]),
      options,
      images: { count: images.length, digest: imagesDigest(images) },
      lossHistory: epochLosses(this.state, stepsPerEpoch(this.#plan)),
      selectedEpoch,
    });
  }

  async *#fitMemory(
    learned: DetectorTensors,
    normals: readonly Features[],
  ): AsyncGenerator<AdaptationProgress, FittedMemory> {
    const { scoring, seed } = this.job.options;
    const fit = fitMemory(this.tower, learned, normals, scoring, seed);
    for (;;) {
      const { done, value } = await fit.next();
      if (done) return value;
      yield { phase: 'finishing', done: value, total: normals.length };
    }
  }

  #drawAhead(step: number, totalSteps: number): void {
    if (step >= totalSteps || this.#ahead.has(step)) return;
    const drawn = this.samples.draw(planStep(this.#plan, step));
    drawn.catch(() => undefined);
    this.#ahead.set(step, drawn);
  }

  async #timed<T>(part: keyof AdaptationTimings, work: Promise<T>): Promise<T> {
    const start = performance.now();
    const result = await work;
    this.timings[part] += performance.now() - start;
    return result;
  }
}
