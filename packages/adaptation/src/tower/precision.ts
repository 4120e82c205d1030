import { inHalfPrecision, type Runtime, type Value } from '@mediclip/onnx-graph';
import { AdaptationError } from '../errors.js';
import type { Features } from './features.js';

/**
 * What a frozen image tower computes with. On CUDA it is half precision: the tower is nearly all of the work, and a GPU does it several
 * times as fast and in half the memory, as CLIP's authors run theirs. Pixels are normalised in float32 and features come out as float32,
 * so heads, losses, the memory of patches and exported models are float32 everywhere.
 *
 * A detector is the same kind of thing whichever it was made with: its numbers are float32, its scores on a GPU and on a processor differ by
 * the rounding of features (11 significant bits), and the record of a model says on which it was made. A training does not mix the two: it
 * goes on only from a checkpoint of its own precision.
 */
export type TowerPrecision = 'float32' | 'float16';

export function towerPrecision({ provider }: Pick<Runtime, 'provider'>): TowerPrecision {
  return provider === 'cuda' ? 'float16' : 'float32';
}

/** A tower's features, computed with this precision from the normalised `pixels` on. */
export function withPrecision(features: readonly Value[], pixels: Value, precision: TowerPrecision): readonly Value[] {
  return precision === 'float16' ? inHalfPrecision(features, [pixels]) : features;
}

/** Throws an `AdaptationError` for features that are no numbers, as half precision gives where it overflows. */
export function refuseOverflow(features: readonly Features[], backboneId: string): void {
  if (features.every((taps) => taps.every((tap) => tap.every(Number.isFinite)))) return;
  throw new AdaptationError(
    'half-precision-overflow',
    `The image tower of ${backboneId} leaves the range of half precision, which a GPU computes it in: take the device cpu or another backbone.`,
  );
}
