import type { Backbone } from '@mediclip/backbones';
import type { PrecisionChoice, TowerPrecision } from '@mediclip/contracts';
import { add, mul, type Runtime, reduceSum, scalar, type Value } from '@mediclip/onnx-graph';
import { AdaptationError } from '../errors.js';
import { largeBytes } from '../weight-files.js';

/**
 * What a frozen image tower computes with:
 *
 * - `float16` on CUDA: the tower is nearly all of the work, and a GPU does it several times as fast and in half the
 *   memory, as CLIP's authors run theirs.
 * - `int8` for the large vision transformers on a processor: the products by their weights, in blocks that share a
 *   scale. It takes a third of the memory and less time than float32.
 * - `float32` for everything else. On CUDA too that is float32, not TF32, which the engine forbids.
 *
 * Pixels are normalised in float32 and features come out as float32, so heads, losses, the memory of patches and
 * exported models are float32 everywhere.
 *
 * Whoever wants exact features, or has a backbone that half precision cannot hold, asks for float32 everywhere.
 *
 * A detector is the same kind of thing whichever it was made with: its numbers are float32, its scores on a GPU and on
 * a processor differ by the rounding of features, and the record of a model says on which it was made. A training does
 * not mix the two: it goes on only from a checkpoint of its own precision.
 */
export function towerPrecision(
  { provider }: Pick<Runtime, 'provider'>,
  { family }: Pick<Backbone, 'family'>,
  weightBytes: number,
  asked: PrecisionChoice = 'auto',
): TowerPrecision {
  if (asked === 'float32') return 'float32';
  if (provider === 'cuda') return 'float16';
  const isTransformer = family === 'clip-vit' || family === 'timm-vit';
  return provider === 'cpu' && isTransformer && weightBytes >= largeBytes ? 'int8' : 'float32';
}

/**
 * From the features of each tap [batch, C, g, g]: [batch], 0 for an image whose features are all finite, NaN for
 * another.
 */
export function overflowOf(features: readonly Value[]): Value {
  // Zero times infinity is no number, and neither is any sum with it.
  return features.map((tap) => reduceSum(mul(tap, scalar(0)), { axes: [1, 2, 3] })).reduce(add);
}

/**
 * Throws an `AdaptationError` for features that are no numbers, as half precision gives where it overflows, by their
 * `overflowOf`.
 */
export function refuseOverflow(overflow: Float32Array, backboneId: string): void {
  if (overflow.every(Number.isFinite)) return;
  throw new AdaptationError(
    'half-precision-overflow',
    `The image tower of ${backboneId} leaves the range of half precision, which a GPU computes it in: ask for precision float32, or take another backbone.`,
  );
}
