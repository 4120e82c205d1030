import type { Backbone } from '@mediclip/backbones';
import { add, cast, constant, input, mul, transpose, type Value } from '@mediclip/onnx-graph';

/** The graph input `pixels`, RGB bytes [batch, side, side, 3]. */
export function pixelInput(backbone: Backbone, batch: number): Value {
  return input('pixels', 'uint8', [batch, backbone.side, backbone.side, 3]);
}

/** RGB bytes [batch, side, side, 3] as the tower wants them: [batch, 3, side, side], `(x / 255 - mean) / std` per channel. */
export function normalise(pixels: Value, { mean, std }: Backbone): Value {
  const perChannel = (values: readonly number[]) => constant(Float32Array.from(values), [1, values.length, 1, 1]);
  const channelsFirst = transpose(cast(pixels, 'float32'), [0, 3, 1, 2]);
  return add(
    mul(channelsFirst, perChannel(std.map((deviation) => 1 / (255 * deviation)))),
    perChannel(mean.map((value, channel) => -value / std[channel]!)),
  );
}
