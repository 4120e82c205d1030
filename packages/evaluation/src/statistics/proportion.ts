import { normalQuantile975 } from './normal-distribution.js';

/**
 * Wilson's 95 % interval of a share `successes / trials`, which is sensible for few trials and at 0 and 1 too.
 * Source: Wilson, Journal of the American Statistical Association 22, 1927. NaN without trials.
 */
export function wilsonInterval(successes: number, trials: number): { low: number; high: number } {
  const z2 = normalQuantile975 ** 2;
  const share = successes / trials;
  const centre = (share + z2 / (2 * trials)) / (1 + z2 / trials);
  const half =
    (normalQuantile975 / (1 + z2 / trials)) * Math.sqrt((share * (1 - share)) / trials + z2 / (4 * trials ** 2));
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}
