import { OutOfMemoryError, type Session } from '@mediclip/onnx-graph';
import { type ArtifactOptions, trainingStep } from '../graphs/artifacts.js';
import { type Parameters, parameterSpecs } from '../graphs/parameters.js';
import { pixelFeed } from '../tower/pixels.js';
import { refuseOverflow } from '../tower/precision.js';
import type { Tower } from '../tower/tower.js';
import { openTowerSession } from '../tower/tower-session.js';
import { type LabelledPixels, maskFeeds, namedFeeds, rateFeeds, type StepRates } from './feeds.js';
import type { Loss } from './state.js';
import type { OptimiserState } from './trainer.js';

/** What a training step gives. */
export interface Stepped extends OptimiserState {
  readonly loss: Loss;
}

/**
 * The training step as one session, for a device that is far from the process's memory, as a GPU is: image tower, loss,
 * gradients and Adam. Pixels, labels, parameters and Adam's moments go there, and the new ones come back with the loss;
 * neither features nor gradients cross. Once memory has run out it steps no more, and the step is left to the sessions
 * of the `Trainer`, which can take a batch in parts.
 */
export class DeviceStep {
  #session: Promise<Session> | undefined;
  #gaveUp = false;

  readonly #tower: Tower;
  readonly #options: ArtifactOptions & { readonly batchSize: number };

  constructor(tower: Tower, options: ArtifactOptions & { readonly batchSize: number }) {
    this.#tower = tower;
    this.#options = options;
  }

  /**
   * A step with a batch of at most `batchSize` images; undefined once memory has run out. Throws an `AdaptationError`
   * when features leave the range of half precision.
   */
  async step(batch: readonly LabelledPixels[], state: OptimiserState, rates: StepRates): Promise<Stepped | undefined> {
    if (this.#gaveUp) return undefined;
    try {
      return await this.#step(batch, state, rates);
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) throw error;
      this.#gaveUp = true;
      await this.release();
      return undefined;
    }
  }

  async release(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    // One that failed to open has nothing to release.
    await session?.then(
      (opened) => opened.release(),
      () => undefined,
    );
  }

  async #step(batch: readonly LabelledPixels[], state: OptimiserState, rates: StepRates): Promise<Stepped> {
    const { backbone, taps } = this.#tower;
    const { batchSize } = this.#options;
    const specs = parameterSpecs(backbone, taps, this.#options);
    this.#session ??= this.#open();
    const outputs = await (await this.#session).run({
      pixels: pixelFeed(
        batch.map(({ image }) => image),
        backbone,
        batchSize,
      ),
      ...maskFeeds(batch, backbone.side, batchSize, batch.length),
      ...rateFeeds(rates),
      ...namedFeeds(specs, '', state.parameters),
      ...namedFeeds(specs, 'm.', state.m),
      ...namedFeeds(specs, 'v.', state.v),
      ...namedFeeds(specs, 'average.', state.average),
    });
    if (outputs.overflow) refuseOverflow(outputs.overflow.data as Float32Array, backbone.id);
    const part = (prefix: string): Parameters =>
      new Map(specs.map(({ name }) => [name, outputs[`new.${prefix}${name}`]!.data as Float32Array]));
    const scalarOf = (name: keyof Loss) => Number(outputs[name]!.data[0]);
    return {
      loss: { focal: scalarOf('focal'), dice: scalarOf('dice'), loss: scalarOf('loss') },
      parameters: part(''),
      m: part('m.'),
      v: part('v.'),
      average: part('average.'),
    };
  }

  async #open(): Promise<Session> {
    const { runtime, backbone, taps } = this.#tower;
    const { batchSize: batch } = this.#options;
    const options = await this.#tower.sessionOptions(batch);
    return openTowerSession(runtime, backbone, taps, options, trainingStep(backbone, this.#options));
  }
}
