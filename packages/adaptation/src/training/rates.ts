import type { TrainingOptions } from '../options.js';

/** The learning rate of a step, counted from 0. */
export function learningRateAt({ learningRate, schedule }: TrainingOptions, step: number, total: number): number {
  return schedule === 'constant' ? learningRate : learningRate * 0.5 * (1 + Math.cos((Math.PI * step) / total));
}

/** The decay of the moving average at a step, counted from 1: a young average forgets its start sooner. */
export function averagingAt(averaging: number, step: number): number {
  return Math.min(averaging, (1 + step) / (10 + step));
}
