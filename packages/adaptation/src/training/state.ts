import type { Parameters } from '../graphs/parameters.js';

/** A loss and its two terms. */
export interface Loss {
  readonly focal: number;
  readonly dice: number;
  readonly loss: number;
}

/** Everything that a training run needs to go on exactly where it stopped. */
export interface TrainingState {
  /** Optimiser steps done. */
  readonly step: number;
  readonly parameters: Parameters;
  /** Adam's first moments. */
  readonly m: Parameters;
  /** Adam's second moments. */
  readonly v: Parameters;
  /** The exponential moving average of the parameters. */
  readonly average: Parameters;
  /**
   * The averaged parameters that did best on the held-out samples so far, and the epoch that they come from, counted
   * from 1.
   */
  readonly best: Parameters;
  readonly bestEpoch: number;
  /** The training loss of every step done. */
  readonly losses: readonly Loss[];
  /** The loss on the held-out samples after every epoch done; empty when none are held out. */
  readonly heldOut: readonly Loss[];
}

/** The state before the first step. */
export function initialState(parameters: Parameters): TrainingState {
  const zeros = () => new Map([...parameters].map(([name, data]) => [name, new Float32Array(data.length)]));
  return {
    step: 0,
    parameters,
    m: zeros(),
    v: zeros(),
    average: parameters,
    best: parameters,
    bestEpoch: 0,
    losses: [],
    heldOut: [],
  };
}
