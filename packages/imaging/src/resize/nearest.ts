import type { Raster } from './raster.js';

/**
 * Resizes by taking input `floor((i + 0.5) * inputs / outputs)` on each axis, as Pillow 9.1 does with NEAREST; like
 * there the position is a running sum, whose rounding decides where it falls between two pixels.
 */
export function resizeNearest(image: Raster, width: number, height: number): Raster {
  const { channels, data } = image;
  const columns = nearestInputs(image.width, width);
  const resized = new Uint8Array(width * height * channels);
  let at = 0;
  for (const row of nearestInputs(image.height, height)) {
    for (const column of columns) {
      const from = (row * image.width + column) * channels;
      for (let channel = 0; channel < channels; channel++) resized[at++] = data[from + channel]!;
    }
  }
  return { width, height, channels, data: resized };
}

function nearestInputs(inputs: number, outputs: number): Int32Array {
  const step = inputs / outputs;
  let position = step * 0.5;
  return new Int32Array(outputs).map(() => {
    const input = Math.min(Math.floor(position), inputs - 1);
    position += step;
    return input;
  });
}
