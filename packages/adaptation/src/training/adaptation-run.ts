import type { SyntheticSample } from '@mediclip/synthesis';
import { writeDetector } from '../detector/detector-files.js';
import type { DetectorTensors } from '../detector/detector-shape.js';
import { AdaptationError } from '../errors.js';
import { initialParameters, type Parameters, parameterSpecs } from '../graphs/parameters.js';
import { greyLayouts } from '../kinship/grey-layout.js';
import { relatives } from '../shots/relatives.js';
import { FeatureStore } from '../tower/feature-store.js';
import type { Features } from '../tower/features.js';
import { rgbOf } from '../tower/rgb.js';
import type { BorrowedTower, Tower } from '../tower/tower.js';
import { type Beside, beside } from './beside.js';
import { type RunOrigin, readCheckpoint, writeCheckpoint } from './checkpoint.js';
import { DeviceStep, type Stepped } from './device-step.js';
import type { StepRates } from './feeds.js';
import { type FittedMemory, fitMemory, memoryCopies, normalTaps } from './fit-memory.js';
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
import { type AdaptationProgress, RunInParts } from './run-in-parts.js';
import { initialState, type TrainingState } from './state.js';
import { type Gradients, type LabelledFeatures, type LabelledImages, Trainer } from './trainer.js';

/**
 * Where a run's time went so far, in milliseconds. Synthesis is the time spent waiting for it, and so is the head where
 * the gradients are computed beside the tower passes.
 */
export interface AdaptationTimings {
  synthesisMs: number;
  towerMs: number;
  headMs: number;
  optimizerMs: number;
}

const batchesAhead = 3;
/** Larger ones would only need more memory, and hold a score up for longer. */
const largestEvaluationBatch = 8;

/** Samples, and the features of those that a fault has changed and that have passed the tower. */
interface DrawnSamples {
  readonly requests: readonly SampleRequest[];
  readonly samples: readonly SyntheticSample[];
  /** RGB bytes at the tower's side. */
  readonly changed: readonly Uint8Array[];
  readonly passed: Features[];
}

/** A training that can go on after a crash: the state after a step is a function of the job alone. */
export class AdaptationRun extends RunInParts {
  readonly timings: AdaptationTimings = { synthesisMs: 0, towerMs: 0, headMs: 0, optimizerMs: 0 };
  /** Samples of steps to come, as they are drawn. */
  readonly #ahead = new Map<number, Beside<SyntheticSample[]>>();
  readonly #origin: RunOrigin;
  /** The tower up to `normalTaps`, which begin with the tower's own. */
  readonly #normalsTower: BorrowedTower;
  /** Features of the untouched normals (and of copies of few), and of the held-out samples. */
  readonly #normals: FeatureStore;
  readonly #heldOut: FeatureStore;
  readonly #letTowerGo: () => void;

  readonly #job: AdaptationJob;
  readonly #tower: Tower;
  readonly #samples: SampleSource;
  readonly #trainer: Trainer;
  readonly #deviceStep: DeviceStep | undefined;
  /** Whether loss and gradients are computed in a thread of their own. */
  readonly #hasGradientsBeside: boolean;
  /** Those of the step that the state is at, in that thread. */
  #gradients: Beside<Gradients> | undefined;
  /** Samples of the steps after it that pass the tower. */
  readonly #drawn = new Map<number, DrawnSamples>();
  #waitsFor: Promise<unknown> | undefined;
  #state: TrainingState;

  private constructor(
    job: AdaptationJob,
    tower: Tower,
    samples: SampleSource,
    trainer: Trainer,
    /** Undefined on a processor, where nothing has to cross to a device. */
    deviceStep: DeviceStep | undefined,
    hasGradientsBeside: boolean,
    state: TrainingState,
    origin: RunOrigin,
  ) {
    super(job.images.length);
    this.#job = job;
    this.#tower = tower;
    this.#samples = samples;
    this.#trainer = trainer;
    this.#deviceStep = deviceStep;
    this.#hasGradientsBeside = hasGradientsBeside;
    this.#state = state;
    this.#origin = origin;
    this.#letTowerGo = tower.retain();
    this.#normalsTower = tower.borrow(normalTaps(tower, job.options.scoring, job.images.length));
    this.#normals = new FeatureStore(trainingFolder(job.workFolder));
    this.#heldOut = new FeatureStore(trainingFolder(job.workFolder));
  }

  /**
   * Prepares a run, or its continuation when `workFolder` holds its checkpoint. `tower` is the one of the options'
   * backbone and taps. Throws an `AdaptationError` for images that do not fit and for a checkpoint of another
   * configuration.
   */
  static async open(job: AdaptationJob, tower: Tower, samples: SampleSource): Promise<AdaptationRun> {
    const { options, images, workFolder } = job;
    checkImages(job, tower);
    const origin = { configuration: configurationDigest(job, tower), precision: await tower.precision() };
    const specs = parameterSpecs(tower.backbone, tower.taps, options);
    const state =
      readCheckpoint(checkpointFile(workFolder), specs, origin) ?? initialState(initialParameters(specs, options.seed));
    const artifacts = {
      ...options,
      taps: tower.taps,
      batchSize: Math.min(options.training.batchSize, images.length),
      evaluationBatchSize: Math.max(1, Math.min(options.training.heldOutSamples, largestEvaluationBatch)),
    };
    const { runtime, backbone, onBatchHalved } = tower;
    const deviceStep = runtime.provider === 'cpu' ? undefined : new DeviceStep(tower, artifacts);
    const [first, second, ...more] = await tower.lanes();
    // With more threads than two an operator that has them all is sooner done.
    const gradientsOn = more.length === 0 ? second : undefined;
    const trainerOptions = {
      ...artifacts,
      opensLate: deviceStep !== undefined,
      ...(gradientsOn && { gradientsOn }),
    };
    const on = gradientsOn ? first! : runtime;
    const trainer = await Trainer.open(on, backbone, trainerOptions, trainingFolder(workFolder), onBatchHalved);
    return new AdaptationRun(job, tower, samples, trainer, deviceStep, gradientsOn !== undefined, state, origin);
  }

  override get waitsFor(): Promise<unknown> | undefined {
    return this.#waitsFor;
  }

  /** Writes the state after the last whole step. */
  async checkpoint(): Promise<void> {
    const { workFolder } = this.#job;
    await writeCheckpoint(checkpointFile(workFolder), this.#state, this.#trainer.specs, this.#origin);
  }

  /** Ends the run wherever it stands, with every session that it has opened. */
  async release(): Promise<void> {
    await this.end();
    await this.#gradients?.result.catch(() => undefined);
    await this.#deviceStep?.release();
    await this.#trainer.release();
    await this.#normalsTower.giveBack();
    await this.#normals.release();
    await this.#heldOut.release();
    this.#letTowerGo();
  }

  get #plan() {
    const { options, images } = this.#job;
    return { seed: options.seed, shots: images.length, batchSize: options.training.batchSize };
  }

  /** Each is at most one run of a session: a tower pass, an optimiser step, or the loss on a few held-out samples. */
  protected override async *parts(): AsyncGenerator<AdaptationProgress, void> {
    const { training } = this.#job.options;
    const totalSteps = training.epochs * stepsPerEpoch(this.#plan);
    for (let step = this.#state.step; step < this.#state.step + batchesAhead; step++) this.#drawAhead(step, totalSteps);
    yield* this.#prepareNormals();
    const heldOut = yield* this.#prepareHeldOut();

    while (this.#state.step < totalSteps) {
      const { step } = this.#state;
      this.#drawAhead(step + batchesAhead, totalSteps);
      const rates = {
        step: step + 1,
        learningRate: learningRateAt(training, step, totalSteps),
        averaging: averagingAt(training.averaging, step + 1),
      };
      const stepped = this.#hasGradientsBeside
        ? yield* this.#stepBeside(rates, totalSteps)
        : yield* this.#step(await this.#samplesOf(step), rates);
      yield* this.#adopt(stepped, heldOut);
      if (this.#state.step % training.checkpointEverySteps === 0) await this.checkpoint();
      yield this.#trainingProgress(totalSteps);
    }
    yield* this.#finish();
  }

  #trainingProgress(total: number): AdaptationProgress {
    const { step, losses } = this.#state;
    return { phase: 'training', done: step, total, ...(step > 0 && { loss: losses.at(-1)!.loss }) };
  }

  /**
   * The features of the untouched normals, then those of the copies that a memory of few normals has, one image a run,
   * so that they are the same bits in every attempt.
   */
  async *#prepareNormals(): AsyncGenerator<AdaptationProgress, void> {
    const { images, options } = this.#job;
    const total = images.length + options.training.heldOutSamples;
    for (const { data } of images) {
      await this.#normals.add(await this.#normalsTower.tower.featuresAlone(data));
      yield { phase: 'preparing', done: this.#normals.size, total };
    }
    for (const { data } of memoryCopies(images, options.scoring)) {
      await this.#normals.add(await this.#normalsTower.tower.featuresAlone(data));
      yield this.progress;
    }
    await this.#normalsTower.giveBack();
  }

  async *#prepareHeldOut(): AsyncGenerator<AdaptationProgress, LabelledImages> {
    const { heldOutSamples, batchSize } = this.#job.options.training;
    const { length: normals } = this.#job.images;
    const total = normals + heldOutSamples;
    const requests = planHeldOut(this.#plan, heldOutSamples);
    const masks: Float32Array[] = [];
    for (let start = 0; start < heldOutSamples; start += batchSize) {
      const chunk = requests.slice(start, start + batchSize);
      const drawn = this.#drawnSamples(chunk, await this.#samples.draw(chunk));
      for (const { features, mask } of yield* this.#label(drawn)) {
        await this.#heldOut.add(features);
        masks.push(mask);
      }
      yield { phase: 'preparing', done: normals + masks.length, total };
    }
    const get = async (index: number) => ({ features: await this.#heldOut.get(index), mask: masks[index]! });
    return { size: masks.length, get };
  }

  #drawnSamples(requests: readonly SampleRequest[], samples: readonly SyntheticSample[]): DrawnSamples {
    const changed = samples
      .filter(({ task }) => task !== 'identity')
      .map(({ image }) => rgbOf(image, this.#tower.backbone.side));
    return { requests, samples, changed, passed: [] };
  }

  /** Features and masks of drawn samples: untouched normals come from the cache, the others take a tower pass. */
  async *#label(drawn: DrawnSamples): AsyncGenerator<AdaptationProgress, LabelledFeatures[]> {
    yield* this.#pass(drawn);
    const next = drawn.passed.values();
    const labelled: LabelledFeatures[] = [];
    for (const [index, { task, mask }] of drawn.samples.entries()) {
      const untouched = task === 'identity';
      const features = untouched ? await this.#normals.get(drawn.requests[index]!.image) : next.next().value!;
      labelled.push({ features, mask });
    }
    return labelled;
  }

  /** The tower passes of drawn samples that are still to come. */
  async *#pass({ changed, passed }: DrawnSamples): AsyncGenerator<AdaptationProgress, void> {
    while (passed.length < changed.length) {
      const pass = this.#gradients
        ? this.#tower.featuresBeside(changed[passed.length]!).then((features) => [features])
        : this.#passTogether(changed.slice(passed.length));
      passed.push(...(await this.#timed('towerMs', pass)));
      yield this.progress;
    }
  }

  /** The features of as many of the images as pass in one run. */
  async #passTogether(images: readonly Uint8Array[]): Promise<Features[]> {
    const { images: count } = await this.#tower.nextBatch(images.length);
    return this.#tower.features(images.slice(0, count));
  }

  /**
   * A step whose gradients are computed by one of two threads while the other one has the samples of the steps after it
   * pass the tower; those of the next step begin at once, beside the loss on the held-out samples. As that takes longer
   * at some steps than at others, samples pass up to two steps ahead.
   */
  async *#stepBeside(rates: StepRates, totalSteps: number): AsyncGenerator<AdaptationProgress, Stepped> {
    const { step, parameters } = this.#state;
    this.#gradients ??= this.#beginGradients(yield* this.#labelStep(step), parameters);
    const following = step + 1 < totalSteps ? yield* this.#labelStep(step + 1) : undefined;
    if (step + 2 < totalSteps) yield* this.#passAhead(step + 2, this.#gradients);
    yield* this.#awaitBeside(this.#gradients);
    const { loss, gradients } = await this.#timed('headMs', this.#gradients.result);
    this.#gradients = undefined;
    refuseDivergence({ loss }, rates);
    const updated = await this.#timed('optimizerMs', this.#trainer.update(this.#state, gradients, rates));
    if (following) this.#gradients = this.#beginGradients(following, updated.parameters);
    return { ...updated, loss };
  }

  #beginGradients(batch: readonly LabelledFeatures[], parameters: Parameters): Beside<Gradients> {
    return beside(this.#trainer.gradients(batch, parameters));
  }

  /** Has samples of a step that are drawn pass the tower until the gradients are there. */
  async *#passAhead(step: number, gradients: Beside<Gradients>): AsyncGenerator<AdaptationProgress, void> {
    if (gradients.isOver || !(this.#drawn.has(step) || this.#ahead.get(step)?.isOver)) return;
    for await (const progress of this.#pass(await this.#drawnOf(step))) {
      yield progress;
      if (gradients.isOver) return;
    }
  }

  /** Lets whoever drives the run do other work until that is over. */
  async *#awaitBeside({ result, isOver }: Beside<unknown>): AsyncGenerator<AdaptationProgress, void> {
    if (isOver) return;
    this.#waitsFor = result;
    yield this.progress;
    this.#waitsFor = undefined;
  }

  async *#labelStep(step: number): AsyncGenerator<AdaptationProgress, LabelledFeatures[]> {
    const labelled = yield* this.#label(await this.#drawnOf(step));
    this.#drawn.delete(step);
    return labelled;
  }

  async #drawnOf(step: number): Promise<DrawnSamples> {
    let drawn = this.#drawn.get(step);
    if (!drawn) {
      drawn = this.#drawnSamples(planStep(this.#plan, step), await this.#samplesOf(step));
      this.#drawn.set(step, drawn);
    }
    return drawn;
  }

  async #samplesOf(step: number): Promise<SyntheticSample[]> {
    const samples = await this.#timed('synthesisMs', this.#ahead.get(step)!.result);
    this.#ahead.delete(step);
    return samples;
  }

  /**
   * A step with drawn samples: on the device as one, or by the tower, the training and the optimiser one after the
   * other.
   */
  async *#step(samples: readonly SyntheticSample[], rates: StepRates): AsyncGenerator<AdaptationProgress, Stepped> {
    const pixels = () => samples.map(({ image, mask }) => ({ image: rgbOf(image, this.#tower.backbone.side), mask }));
    const whole = await this.#timed('headMs', this.#deviceStep?.step(pixels(), this.#state, rates) ?? unstepped);
    if (whole) {
      refuseDivergence(whole, rates);
      return whole;
    }
    const batch = yield* this.#label(this.#drawnSamples(planStep(this.#plan, this.#state.step), samples));
    const { loss, gradients } = await this.#timed('headMs', this.#trainer.gradients(batch, this.#state.parameters));
    refuseDivergence({ loss }, rates);
    const updated = await this.#timed('optimizerMs', this.#trainer.update(this.#state, gradients, rates));
    return { ...updated, loss };
  }

  /** The state after a step; at an epoch's end with the loss on the held-out samples. */
  async *#adopt({ loss, ...updated }: Stepped, heldOut: LabelledImages): AsyncGenerator<AdaptationProgress, void> {
    const step = this.#state.step + 1;
    const next = { ...this.#state, ...updated, step, losses: [...this.#state.losses, loss] };
    const epochEnds = step % stepsPerEpoch(this.#plan) === 0;
    this.#state = epochEnds && heldOut.size > 0 ? yield* this.#select(next, heldOut) : next;
  }

  async *#select(state: TrainingState, heldOut: LabelledImages): AsyncGenerator<AdaptationProgress, TrainingState> {
    yield this.progress;
    const loss = yield* renamed(this.#trainer.evaluate(heldOut, state.average), () => this.progress);
    // A loss that is not a number is never the best, and gives way to any number.
    const isBest = !Number.isNaN(loss.loss) && state.heldOut.every((earlier) => !(loss.loss >= earlier.loss));
    const losses = [...state.heldOut, loss];
    return { ...state, heldOut: losses, ...(isBest && { best: state.average, bestEpoch: losses.length }) };
  }

  async *#finish(): AsyncGenerator<AdaptationProgress, void> {
    const { options, images, outFolder } = this.#job;
    const { training } = options;
    const { average, best, bestEpoch } = this.#state;
    const [parameters, selectedEpoch] =
      training.selection === 'heldOut' ? [best, bestEpoch] : [average, training.epochs];
    if (selectedEpoch === 0) throw diverged('No epoch had a loss on the held-out samples that is a number');
    requireFinite(parameters);
    const learned = new Map([...parameters, ['states', await this.#trainer.states(parameters)]]);
    const memory = yield* this.#fitMemory(learned);
    const tensors = new Map([...learned, ...(memory?.tensors ?? [])]);
    requireFinite(tensors);
    await writeDetector(outFolder, {
      shape: {
        backbone: this.#tower.backbone,
        taps: this.#tower.taps,
        scoring: options.scoring,
        memory: memory?.shape,
      },
      tensors,
      options,
      precision: this.#origin.precision,
      kinship: memory?.kinship,
      intensity: this.#job.intensity,
      images: { count: images.length, digest: imagesDigest(images), ...describeOrigin(this.#job) },
      lossHistory: epochLosses(this.#state, stepsPerEpoch(this.#plan)),
      selectedEpoch,
    });
  }

  async *#fitMemory(learned: DetectorTensors): AsyncGenerator<AdaptationProgress, FittedMemory | undefined> {
    const { scoring, seed } = this.#job.options;
    const { images } = this.#job;
    const layouts = greyLayouts(images, this.#tower.backbone.side);
    const normals = { features: this.#normals, relatives: relatives(images), layouts };
    const fit = fitMemory(this.#tower, learned, normals, scoring, seed);
    return yield* renamed(fit, (done) => ({ phase: 'finishing', done, total: images.length }));
  }

  #drawAhead(step: number, totalSteps: number): void {
    if (step >= totalSteps || this.#ahead.has(step)) return;
    this.#ahead.set(step, beside(this.#samples.draw(planStep(this.#plan, step))));
  }

  async #timed<T>(part: keyof AdaptationTimings, work: Promise<T>): Promise<T> {
    const start = performance.now();
    const result = await work;
    this.timings[part] += performance.now() - start;
    return result;
  }
}

/** The same parts of work with the progress of the whole after each. */
async function* renamed<Part, Result>(
  parts: AsyncGenerator<Part, Result>,
  progressAfter: (part: Part) => AdaptationProgress,
): AsyncGenerator<AdaptationProgress, Result> {
  let isOver = false;
  try {
    for (;;) {
      const { done, value } = await parts.next();
      isOver = done === true;
      if (done) return value;
      yield progressAfter(value);
    }
  } finally {
    if (!isOver) await parts.return(undefined as never);
  }
}

const unstepped = Promise.resolve(undefined);

function refuseDivergence({ loss }: Pick<Stepped, 'loss'>, { step }: StepRates): void {
  if (!Number.isFinite(loss.loss)) throw diverged(`The training loss is no longer a number at step ${step}`);
}

function describeOrigin({ origin }: AdaptationJob) {
  if (!origin) return {};
  return { pixelDigests: [...origin.pixelDigests], ...(origin.copies > 0 && { copies: origin.copies }) };
}

/**
 * Throws an `AdaptationError` when a number of the detector is none: the last update may have spoilt what no loss has
 * seen.
 */
function requireFinite(tensors: DetectorTensors): void {
  for (const [name, values] of tensors) {
    if (!values.every(Number.isFinite)) throw diverged(`The trained ${name} has values that are no numbers`);
  }
}

const diverged = (what: string) => new AdaptationError('diverged', `${what}: lower training.learningRate.`);
