/** What pictures are compared by when their kind is in question, each a unit vector. */
export interface KindDescription {
  /** `channelMoments` of the picture's features. */
  readonly moments: Float32Array;
  /** `greyLayout` of its pixels. */
  readonly layout: Float32Array;
}

/** 1 minus the cosine of the moments of two pictures: 0 for equal ones. */
export function momentsDistance(a: Float32Array, b: Float32Array): number {
  return Math.max(0, 1 - product(a, b));
}

/**
 * How much more a picture's layout is like the negative of the most similar of `others` than like the most similar one
 * as it is: the difference of the two correlations, from -2 to 2. Above 0 its greys are probably inverted.
 */
export function inversion(layout: Float32Array, others: readonly Float32Array[]): number {
  let highest = -1;
  let lowest = 1;
  for (const other of others) {
    const correlation = product(layout, other);
    highest = Math.max(highest, correlation);
    lowest = Math.min(lowest, correlation);
  }
  return -lowest - highest;
}

/** The middle one of some values, the upper one of two; NaN of none. */
export function median(values: ArrayLike<number>): number {
  return Float64Array.from(values).sort()[Math.floor(values.length / 2)] ?? Number.NaN;
}

function product(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
