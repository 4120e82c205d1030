import { RandomStream, type SyntheticSample } from '@mediclip/synthesis';
import { AdaptationError } from '../errors.js';
import { purposes } from '../randomness.js';

/** One synthetic sample to draw: which normal image, and the coordinates of its random stream. */
export interface SampleRequest {
  /** Index of the normal image among the shots. */
  readonly image: number;
  readonly seed: number;
  readonly step: number;
  readonly sample: number;
  readonly purpose: number;
}

/** Draws synthetic samples, in the order of the requests; usually a pool of threads. */
export interface SampleSource {
  draw(requests: readonly SampleRequest[]): Promise<SyntheticSample[]>;
}

export interface PlanOptions {
  readonly seed: number;
  readonly shots: number;
  readonly batchSize: number;
}

/** Optimiser steps per epoch; the last batch may be a partial one. */
export const stepsPerEpoch = ({ shots, batchSize }: PlanOptions): number => Math.ceil(shots / batchSize);

/**
 * The samples of an optimiser step (counted from 0): every epoch visits every normal image once, in a fresh order. A
 * function of the options and the step alone, never of what was drawn before.
 */
export function planStep(options: PlanOptions, step: number): SampleRequest[] {
  const { seed, shots, batchSize } = options;
  const perEpoch = stepsPerEpoch(options);
  const epoch = Math.floor(step / perEpoch);
  const order = new RandomStream(seed, epoch, 0, purposes.order).shuffle([...Array(shots).keys()]);
  const start = (step % perEpoch) * batchSize;
  return order
    .slice(start, start + batchSize)
    .map((image, sample) => ({ image, seed, step, sample, purpose: purposes.synthesis }));
}

/** The samples that are held out of the training: the normals in turn, with random streams of their own. */
export function planHeldOut({ seed, shots }: PlanOptions, samples: number): SampleRequest[] {
  return Array.from({ length: samples }, (_, sample) => ({
    image: sample % shots,
    seed,
    step: 0,
    sample,
    purpose: purposes.heldOut,
  }));
}

/**
 * The order in which a seed takes its shots out of `available` normal images, as indices. Throws an `AdaptationError`
 * when there are fewer images than shots.
 */
export function shotOrder(available: number, shots: number, seed: number): number[] {
  if (available < shots) {
    throw new AdaptationError(
      'too-few-normal-images',
      available === 0
        ? 'There are no normal training images: add some, or name another folder or data set.'
        : `There are ${available} normal training images but ${shots} shots were asked for: add images or lower the shots.`,
    );
  }
  return new RandomStream(seed, 0, 0, purposes.shots).shuffle([...Array(available).keys()]);
}

/** The first shots of `shotOrder`, whatever they show, as ascending indices. */
export function chooseShots(available: number, shots: number, seed: number): number[] {
  return shotOrder(available, shots, seed)
    .slice(0, shots)
    .sort((a, b) => a - b);
}
