/**
 * Eight-bit pixels, row-major: `width * height` greys, or three times as many values, red, green and blue side by side.
 */
export interface NormalImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** The channels of an image one by one, `width * height` values each: one of greys, three of colours. Copies. */
export function planesOf({ width, height, data }: NormalImage): Uint8Array[] {
  const pixels = width * height;
  const channels = data.length / pixels;
  return Array.from({ length: channels }, (_, channel) => {
    if (channels === 1) return data.slice();
    return Uint8Array.from({ length: pixels }, (_, i) => data[i * channels + channel]!);
  });
}

/** Puts the values of the planes side by side again. */
export function interleaved(planes: readonly Uint8Array[]): Uint8Array {
  const [first] = planes;
  if (first === undefined || planes.length === 1) return first ?? new Uint8Array(0);
  const data = new Uint8Array(first.length * planes.length);
  planes.forEach((plane, channel) => {
    for (let i = 0; i < plane.length; i++) data[i * planes.length + channel] = plane[i]!;
  });
  return data;
}

/** The smallest and largest grey level of any number of pixels. */
export function greyRange(pixels: Uint8Array): { lowest: number; highest: number } {
  let lowest = 255;
  let highest = 0;
  for (let i = 0; i < pixels.length; i++) {
    const value = pixels[i]!;
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  return { lowest, highest };
}

/** An eight-bit grey level: halves rounded up, saturated. */
export function toGreyLevel(value: number): number {
  return Math.min(Math.max(Math.floor(value + 0.5), 0), 255);
}
