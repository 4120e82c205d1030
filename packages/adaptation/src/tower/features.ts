import type { Backbone } from '@mediclip/backbones';
import type { Tensor } from '@mediclip/onnx-graph';

/** What the frozen image tower says about one image: per tap its feature map, [C, g, g]. */
export type Features = readonly Float32Array[];

/**
 * Model feeds `features.0`, `features.1`, ... of shape [batch, C, g, g]: one image's features after the other's, and
 * zeros where there are fewer images than `batch`; those of one image alone are fed as they are.
 */
export function stackFeatures(
  images: readonly Features[],
  backbone: Backbone,
  taps: readonly number[],
  batch: number,
): Record<string, Tensor> {
  return Object.fromEntries(
    taps.map((tap, index) => {
      const { channels, grid } = backbone.tapShape(tap);
      const shape = [batch, channels, grid, grid];
      const data =
        batch === 1 && images.length === 1 ? images[0]![index]! : stack(images, index, batch * channels * grid * grid);
      return [`features.${index}`, { dtype: 'float32', shape, data }];
    }),
  );
}

function stack(images: readonly Features[], tap: number, size: number): Float32Array {
  const data = new Float32Array(size);
  let end = 0;
  for (const features of images) {
    data.set(features[tap]!, end);
    end += features[tap]!.length;
  }
  return data;
}

/** The features of the taps `wanted`, where `features` has one entry for each of `taps`, in their order. */
export const atTaps = <T>(wanted: readonly number[], features: readonly T[], taps: readonly number[]): T[] =>
  wanted.map((tap) => features[taps.indexOf(tap)]!);
