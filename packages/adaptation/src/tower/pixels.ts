import type { Backbone } from '@mediclip/backbones';
import { add, cast, constant, input, mul, type Tensor, transpose, type Value } from '@mediclip/onnx-graph';

/** The graph input `pixels`, RGB bytes [batch, side, side, 3]. */
export function pixelInput(backbone: Backbone, batch: number): Value {
  return input('pixels', 'uint8', [batch, backbone.side, backbone.side, 3]);
}

/**
 * What is fed as `pixels`: images [side, side, 3] one after the other, and black ones where there are fewer than
 * `batch`.
 */
export function pixelFeed(images: readonly Uint8Array[], { side }: Backbone, batch: number): Tensor {
  const data = new Uint8Array(batch * side * side * 3);
  for (const [index, image] of images.entries()) data.set(image, index * side * side * 3);
  return { dtype: 'uint8', shape: [batch, side, side, 3], data };
}

/**
 * RGB bytes [batch, side, side, 3] as the tower wants them: [batch, 3, side, side], `(x / 255 - mean) / std` per
 * channel.
 */
export function normalise(pixels: Value, { mean, std }: Backbone): Value {
  const perChannel = (values: readonly number[]) => constant(Float32Array.from(values), [1, values.length, 1, 1]);
  const channelsFirst = transpose(cast(pixels, 'float32'), [0, 3, 1, 2]);
  return add(
    mul(channelsFirst, perChannel(std.map((deviation) => 1 / (255 * deviation)))),
    perChannel(mean.map((value, channel) => -value / std[channel]!)),
  );
}
