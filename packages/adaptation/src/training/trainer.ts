import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Backbone } from '@mediclip/backbones';
import type { Runtime, Session, Tensor } from '@mediclip/onnx-graph';
import {
  type Artifact,
  type ArtifactOptions,
  adapterParameters,
  evalArtifact,
  optimizerArtifact,
  statesArtifact,
  statesParameters,
  trainingArtifact,
} from '../graphs/artifacts.js';
import { type ParameterSpec, type Parameters, parameterSpecs } from '../graphs/parameters.js';
import { HalvingSession, type OnBatchHalved } from '../halving.js';
import { type Features, stackFeatures } from '../tower/features.js';
import { placeModel } from '../weight-files.js';
import { maskFeeds, namedFeeds, rateFeeds, type StepRates } from './feeds.js';
import type { Loss } from './state.js';

/** An image's features with its label, [side, side] in [0, 1]. */
export interface LabelledFeatures {
  readonly features: Features;
  readonly mask: Float32Array;
}

/** Images with labels that need not all be in memory. */
export interface LabelledImages {
  readonly size: number;
  get(index: number): Promise<LabelledFeatures>;
}

/** What Adam carries from step to step, and the moving average of the parameters. */
export interface OptimiserState {
  readonly parameters: Parameters;
  readonly m: Parameters;
  readonly v: Parameters;
  readonly average: Parameters;
}

export interface Gradients {
  readonly loss: Loss;
  readonly gradients: Parameters;
}

/** Artifact file names, as ONNX Runtime's own training tools call them. */
export const artifactNames = {
  training: 'training_model.onnx',
  optimizer: 'optimizer_model.onnx',
  states: 'states_model.onnx',
  eval: 'eval_model.onnx',
  checkpoint: 'checkpoint',
} as const;

export interface TrainerOptions extends ArtifactOptions {
  readonly batchSize: number;
  readonly evaluationBatchSize: number;
  /** Whether the training's session is opened at its first use only: it may not be needed. */
  readonly opensLate?: boolean;
  /** Where loss and gradients are computed; by default where the rest is. */
  readonly gradientsOn?: Runtime;
}

/**
 * The sessions of the training artifacts: one method per graph. When memory runs out, batches are halved once and go in
 * parts from then on; an OutOfMemoryError is what comes after that.
 */
export class Trainer {
  readonly #backbone: Backbone;
  readonly #options: TrainerOptions;
  readonly #training: HalvingSession;
  readonly #optimizer: Session;
  readonly #states: HalvingSession;
  readonly #evaluation: HalvingSession;

  private constructor(
    backbone: Backbone,
    options: TrainerOptions,
    readonly specs: readonly ParameterSpec[],
    training: HalvingSession,
    optimizer: Session,
    states: HalvingSession,
    evaluation: HalvingSession,
  ) {
    this.#backbone = backbone;
    this.#options = options;
    this.#training = training;
    this.#optimizer = optimizer;
    this.#states = states;
    this.#evaluation = evaluation;
  }

  /**
   * Writes the artifacts into `folder` and loads them, those of the held-out loss when they are first needed: that of
   * the states holds the text tower's weights a second time.
   */
  static async open(
    runtime: Runtime,
    backbone: Backbone,
    options: TrainerOptions,
    folder: string,
    onBatchHalved: OnBatchHalved = () => {},
  ): Promise<Trainer> {
    await mkdir(folder, { recursive: true });
    const specs = parameterSpecs(backbone, options.taps, options);
    const load = (name: string, { model, weights }: Artifact, on = runtime) =>
      placeModel(on, path.join(folder, name), model, weights);
    const training = new HalvingSession(
      options.batchSize,
      (batch) => load(artifactNames.training, trainingArtifact(backbone, options, batch), options.gradientsOn),
      (batch) => onBatchHalved({ work: 'training step', backbone: backbone.id, batch }),
    );
    // Its work has no batch that could be halved.
    const states = new HalvingSession(
      1,
      () => load(artifactNames.states, statesArtifact(backbone, options)),
      () => {},
    );
    const evaluation = new HalvingSession(
      options.evaluationBatchSize,
      (batch) => load(artifactNames.eval, evalArtifact(backbone, options, batch)),
      (batch) => onBatchHalved({ work: 'held-out loss', backbone: backbone.id, batch }),
    );
    try {
      if (options.opensLate !== true) await training.open();
      const optimizer = await load(artifactNames.optimizer, optimizerArtifact(specs));
      return new Trainer(backbone, options, specs, training, optimizer, states, evaluation);
    } catch (error) {
      await training.release();
      throw error;
    }
  }

  /** Loss and gradients of a batch. */
  async gradients(batch: readonly LabelledFeatures[], parameters: Parameters): Promise<Gradients> {
    return this.#training.use(async (session, size) => {
      const parts: Gradients[] = [];
      for (let start = 0; start < batch.length; start += size) {
        const outputs = await session.run({
          ...this.#batch(batch.slice(start, start + size), size, batch.length),
          ...namedFeeds(this.specs, '', parameters),
        });
        const { focal, dice, loss } = outputs;
        parts.push({
          loss: { focal: scalarOf(focal!), dice: scalarOf(dice!), loss: scalarOf(loss!) },
          gradients: new Map(this.specs.map(({ name }) => [name, outputs[`grad.${name}`]!.data as Float32Array])),
        });
      }
      return parts.reduce(together);
    });
  }

  /**
   * One Adam step, counted from 1, and the moving average after it:
   * `averaging * average + (1 - averaging) * parameters`.
   */
  async update(state: OptimiserState, gradients: Parameters, rates: StepRates): Promise<OptimiserState> {
    const outputs = await this.#optimizer.run({
      ...rateFeeds(rates),
      ...namedFeeds(this.specs, '', state.parameters),
      ...namedFeeds(this.specs, 'grad.', gradients),
      ...namedFeeds(this.specs, 'm.', state.m),
      ...namedFeeds(this.specs, 'v.', state.v),
      ...namedFeeds(this.specs, 'average.', state.average),
    });
    const part = (prefix: string): Parameters =>
      new Map(this.specs.map(({ name }) => [name, outputs[`new.${prefix}${name}`]!.data as Float32Array]));
    return { parameters: part(''), m: part('m.'), v: part('v.'), average: part('average.') };
  }

  /**
   * The losses of any number of images together, in chunks of the evaluation batch. Yields after the states and after
   * each chunk, so that whoever drives it can do other work in between.
   */
  async *evaluate(images: LabelledImages, parameters: Parameters): AsyncGenerator<void, Loss> {
    const states = await this.#statesOf(parameters);
    yield;
    const constants = {
      ...namedFeeds(adapterParameters(this.#backbone, this.#options), '', parameters),
      states: { dtype: 'float32', shape: [2, this.#backbone.embeddingWidth], data: states },
    } as const;
    let focal = 0;
    let overlap = 0;
    for (let start = 0; start < images.size; ) {
      const chunk = await this.#evaluation.use(async (session, size) => {
        const places = Array.from({ length: Math.min(size, images.size - start) }, (_, index) => start + index);
        const batch = await Promise.all(places.map((place) => images.get(place)));
        const outputs = await session.run({ ...this.#batch(batch, size, images.size), ...constants });
        return { images: batch.length, focal: scalarOf(outputs.focal!), dice: scalarOf(outputs.dice!) };
      });
      start += chunk.images;
      focal += chunk.focal;
      overlap += 1 - chunk.dice;
      yield;
    }
    const dice = 1 - overlap;
    return { focal, dice, loss: focal + dice };
  }

  /** The embeddings of the two states, [2, E]: constants once training is over. Lets the training's memory go first. */
  async states(parameters: Parameters): Promise<Float32Array> {
    await this.#training.release();
    return this.#statesOf(parameters);
  }

  async #statesOf(parameters: Parameters): Promise<Float32Array> {
    const feeds = namedFeeds(statesParameters(this.#backbone, this.#options), '', parameters);
    return this.#states.use(async (session) => (await session.run(feeds)).states!.data as Float32Array);
  }

  async release(): Promise<void> {
    const sessions = [this.#training, this.#optimizer, this.#states, this.#evaluation];
    for (const session of sessions) await session.release();
  }

  /** Feeds of a batch padded to `size`; each image weighs one in `images`. */
  #batch(batch: readonly LabelledFeatures[], size: number, images: number): Record<string, Tensor> {
    const features = batch.map((image) => image.features);
    return {
      ...stackFeatures(features, this.#backbone, this.#options.taps, size),
      ...maskFeeds(batch, this.#backbone.side, size, images),
    };
  }
}

/**
 * Two parts of a batch as one. Their images are weighed by the size of the whole, so that losses and gradients add up,
 * but for the 1 from which each part's Dice loss subtracts (`losses`).
 */
function together(a: Gradients, b: Gradients): Gradients {
  const focal = a.loss.focal + b.loss.focal;
  const dice = a.loss.dice + b.loss.dice - 1;
  const sum = ([name, values]: [string, Float32Array]): [string, Float32Array] => {
    const others = b.gradients.get(name)!;
    return [name, values.map((value, index) => value + others[index]!)];
  };
  return { loss: { focal, dice, loss: focal + dice }, gradients: new Map([...a.gradients].map(sum)) };
}

const scalarOf = (tensor: Tensor): number => Number(tensor.data[0]);
