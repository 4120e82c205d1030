import type { Backbone } from '@mediclip/backbones';
import { add, concat, l2Normalise, mul, reduceMean, relu, scalar, sqrt, sub, type Value } from '@mediclip/onnx-graph';

/** Keeps the deviations of an empty image from being all 0, which have no direction. */
const leastVariance = 1e-12;

/**
 * What kind of image it is, whatever it shows where: per tap the means and the standard deviations of its channels over
 * all places, each of the two as a unit vector, all together as one, [batch, width]. Features are [batch, C, g, g].
 */
export function channelMoments(features: readonly Value[]): Value {
  const places = (value: Value) => reduceMean(value, { axes: [2, 3] });
  const parts = features.flatMap((tap) => {
    const mean = places(tap);
    const variance = relu(sub(places(mul(tap, tap)), mul(mean, mean)));
    return [mean, sqrt(add(variance, scalar(leastVariance)))];
  });
  const share = 1 / Math.sqrt(parts.length);
  return concat(
    parts.map((part) => mul(l2Normalise(part, 1), scalar(share))),
    1,
  );
}

/** Length of `channelMoments` of features at `taps`. */
export function momentsWidth(backbone: Pick<Backbone, 'tapShape'>, taps: readonly number[]): number {
  return taps.reduce((sum, tap) => sum + 2 * backbone.tapShape(tap).channels, 0);
}
