/**
 * The largest p-value to flag so that among the flagged images the expected share of normal ones is at most `rate`;
 * undefined when none is to be flagged. Benjamini and Hochberg's step-up procedure; it holds for conformal p-values
 * against one calibration set, which depend on one another only positively.
 * Sources: Benjamini and Hochberg, Journal of the Royal Statistical Society B 57, 1995; Bates et al., Annals of
 * Statistics 51, 2023. Throws a RangeError for a rate outside 0 to 1 and for p-values that are none.
 */
export function falseDiscoveryCutoff(pValues: ArrayLike<number>, rate: number): number | undefined {
  if (!(rate > 0 && rate < 1)) {
    throw new RangeError(`The false discovery rate is ${rate}; give a number between 0 and 1.`);
  }
  const sorted = Float64Array.from(pValues).sort();
  let largest: number | undefined;
  for (const [index, p] of sorted.entries()) {
    if (!(p >= 0 && p <= 1)) throw new RangeError(`A p-value is ${p}; give numbers from 0 to 1.`);
    if (p <= (rate * (index + 1)) / sorted.length) largest = p;
  }
  return largest;
}
