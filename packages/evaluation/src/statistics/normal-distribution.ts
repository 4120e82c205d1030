/** The 0.975 quantile of the standard normal distribution: half the width of a 95 % interval in standard errors. */
export const normalQuantile975 = 1.959963984540054;

const seriesLimit = 2;

/** Probability that a standard normal variable lies at least as far from 0 as `z`; relative error below 1e-12. */
export function twoSidedPValue(z: number): number {
  return complementaryError(Math.abs(z) / Math.SQRT2);
}

/** erfc for x >= 0: Abramowitz and Stegun 7.1.6 for small x, the continued fraction 7.1.14 for large x. */
function complementaryError(x: number): number {
  const gaussian = Math.exp(-x * x) / Math.sqrt(Math.PI);
  if (x < seriesLimit) {
    let term = x;
    let sum = x;
    for (let n = 1; term > sum * Number.EPSILON; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 1 - 2 * gaussian * sum;
  }
  let fraction = x;
  for (let n = 200; n >= 1; n--) fraction = x + n / 2 / fraction;
  return gaussian / fraction;
}
