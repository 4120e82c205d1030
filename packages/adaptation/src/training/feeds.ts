import type { Tensor } from '@mediclip/onnx-graph';
import type { ParameterSpec, Parameters } from '../graphs/parameters.js';

/** An image, [side, side, 3] RGB bytes, with its label, [side, side] in [0, 1]. */
export interface LabelledPixels {
  readonly image: Uint8Array;
  readonly mask: Float32Array;
}

/** What a step of the optimiser goes by: it counts from 1. */
export interface StepRates {
  readonly step: number;
  readonly learningRate: number;
  readonly averaging: number;
}

/**
 * The feeds `masks` [size, side, side] in [0, 1] and `weights` [size] of a batch that is padded to `size`; each image
 * weighs one in `images`, padding 0.
 */
export function maskFeeds(
  batch: readonly { readonly mask: Float32Array }[],
  side: number,
  size: number,
  images: number,
): Record<string, Tensor> {
  const masks = new Float32Array(size * side * side);
  for (const [index, { mask }] of batch.entries()) masks.set(mask, index * side * side);
  return {
    masks: { dtype: 'float32', shape: [size, side, side], data: masks },
    weights: { dtype: 'float32', shape: [size], data: new Float32Array(size).fill(1 / images, 0, batch.length) },
  };
}

/** Parameters, or what belongs to each of them, by their names after a prefix. */
export function namedFeeds(
  specs: readonly ParameterSpec[],
  prefix: string,
  values: Parameters,
): Record<string, Tensor> {
  return Object.fromEntries(
    specs.map(({ name, shape }) => [`${prefix}${name}`, { dtype: 'float32', shape, data: values.get(name)! }]),
  );
}

/** `step`, `learningRate` and `averaging`. */
export function rateFeeds({ step, learningRate, averaging }: StepRates): Record<string, Tensor> {
  const scalar = (value: number): Tensor => ({ dtype: 'float32', shape: [], data: Float32Array.of(value) });
  return {
    step: { dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(step)) },
    learningRate: scalar(learningRate),
    averaging: scalar(averaging),
  };
}
