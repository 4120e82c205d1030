/** A range of stored values that is stretched over the 8-bit greys: `low` and below become 0, `high` and above 255. */
export interface ValueWindow {
  readonly low: number;
  readonly high: number;
}

/** Smallest and largest finite value of every `stride`-th element; null if there is none. */
export function valueRange(values: ArrayLike<number>, stride = 1): ValueWindow | null {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i += stride) {
    const value = values[i]!;
    if (value < low && value !== Number.NEGATIVE_INFINITY) low = value;
    if (value > high && value !== Number.POSITIVE_INFINITY) high = value;
  }
  return low <= high ? { low, high } : null;
}

/**
 * The 8-bit grey of `value`, rounded to the nearest; NaN becomes 0. A window without width (that of
 * a constant image) makes positive values white, so that a mask of ones stays a mask of ones.
 */
export function windowedGrey(value: number, { low, high }: ValueWindow): number {
  if (low === high) return value > 0 ? 255 : 0;
  if (!(value > low)) return 0;
  if (value >= high) return 255;
  return Math.round(((value - low) / (high - low)) * 255);
}

/** Applies a window to every value. */
export function applyWindow(values: ArrayLike<number>, window: ValueWindow): Uint8Array {
  const greys = new Uint8Array(values.length);
  for (let i = 0; i < greys.length; i++) greys[i] = windowedGrey(values[i]!, window);
  return greys;
}

/** The note of an image whose greys were stretched, so that a reader can tell which value became which grey. */
export function stretchNote({ low, high }: ValueWindow): string {
  if (low === high) return `all greys are ${Number(low.toPrecision(6))}`;
  return `greys ${Number(low.toPrecision(6))}..${Number(high.toPrecision(6))} were stretched to 0..255`;
}
