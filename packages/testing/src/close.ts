/**
 * Largest absolute difference of two equally long numeric arrays, NaN if any difference is. Throws when the lengths
 * differ.
 */
export function maximumDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) throw new Error(`lengths differ: ${actual.length} and ${expected.length}`);
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (Number.isNaN(difference)) return difference;
    if (difference > worst) worst = difference;
  }
  return worst;
}

/** Fails with the worst difference when it exceeds `tolerance` (absolute). */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  const worst = maximumDifference(actual, expected);
  if (!(worst <= tolerance)) throw new Error(`largest difference ${worst} exceeds the tolerance ${tolerance}`);
}
