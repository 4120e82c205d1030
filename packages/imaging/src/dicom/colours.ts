import type { PixelDescription } from './pixel-description.js';
import type { FrameSamples, Samples } from './stored-values.js';

/**
 * RGB, [height, width, 3] of 8 bits, of colour samples of the same shape; deeper ones are scaled, and full-range YCbCr
 * is converted where the codec has not done so. The result is the picture's own.
 */
export function rgbOf(frame: FrameSamples, { photometric }: PixelDescription): Uint8Array {
  const bytes = bytesOf(frame);
  const isYcbcr = (photometric === 'YBR_FULL' || photometric === 'YBR_FULL_422') && !frame.isRgb;
  if (isYcbcr) convertYcbcr(bytes);
  return bytes;
}

function bytesOf({ samples, bitsStored, highBit }: FrameSamples): Uint8Array {
  if (samples instanceof Uint8Array) return new Uint8Array(samples);
  const lowest = 2 ** (highBit + 1 - bitsStored);
  const largest = 2 ** bitsStored - 1;
  const bytes = new Uint8Array(samples.length);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = Math.round(((Math.floor(samples[i]! / lowest) % (largest + 1)) * 255) / largest);
  }
  return bytes;
}

/** Full-range YCbCr to RGB, [pixels, 3], in place. Source: PS3.3, C.7.6.3.1.2. */
function convertYcbcr(pixels: Uint8Array): void {
  for (let i = 0; i < pixels.length; i += 3) {
    const luminance = pixels[i]!;
    const blue = pixels[i + 1]! - 128;
    const red = pixels[i + 2]! - 128;
    pixels[i] = rounded(luminance + 1.402 * red);
    pixels[i + 1] = rounded(luminance - ((0.114 * 1.772) / 0.587) * blue - ((0.299 * 1.402) / 0.587) * red);
    pixels[i + 2] = rounded(luminance + 1.772 * blue);
  }
}

function rounded(value: number): number {
  return Math.min(Math.max(Math.floor(value + 0.5), 0), 255);
}

/** From colour planes, [components, pixels], to pixels, [pixels, components]. */
export function interleave<T extends Samples>(planes: T, components: number): T {
  const pixels = planes.length / components;
  const interleaved = new (planes.constructor as new (length: number) => T)(planes.length);
  for (let component = 0; component < components; component++) {
    const plane = component * pixels;
    for (let i = 0; i < pixels; i++) interleaved[i * components + component] = planes[plane + i]!;
  }
  return interleaved;
}
