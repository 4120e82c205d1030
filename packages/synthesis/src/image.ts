/** Eight-bit grey pixels, row-major, `width * height` of them. */
export interface GreyImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** The smallest and largest grey level. */
export function greyRange(pixels: Uint8Array): { lowest: number; highest: number } {
  let lowest = 255;
  let highest = 0;
  for (const value of pixels) {
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  return { lowest, highest };
}

/** An eight-bit grey level: halves rounded up, saturated. */
export function toGreyLevel(value: number): number {
  return Math.min(Math.max(Math.floor(value + 0.5), 0), 255);
}
