/**
 * The float32 tensor `[3, height, width]` of interleaved RGB pixels: `(value / 255 - mean) / deviation` per channel
 * (golden/preprocess, `normalisation`). Throws a RangeError when the length is no multiple of 3.
 */
export function normalisedTensor(
  rgb: Uint8Array,
  mean: readonly [number, number, number],
  deviation: readonly [number, number, number],
): Float32Array {
  if (rgb.length % 3 !== 0) throw new RangeError(`${rgb.length} values are no RGB pixels; give three a pixel.`);
  const pixels = rgb.length / 3;
  const tensor = new Float32Array(rgb.length);
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0; i < pixels; i++) {
      tensor[channel * pixels + i] = (rgb[3 * i + channel]! / 255 - mean[channel]!) / deviation[channel]!;
    }
  }
  return tensor;
}
