const level = 0.95;

/**
 * Clopper and Pearson's 95 % interval of a share `successes / trials`: it holds the true share at least that often,
 * however few trials there are. Source: Clopper and Pearson, Biometrika 26, 1934. The whole range without trials.
 */
export function clopperPearsonInterval(successes: number, trials: number): { low: number; high: number } {
  if (trials === 0) return { low: 0, high: 1 };
  const tail = (1 - level) / 2;
  const low = successes === 0 ? 0 : solve((share) => 1 - binomialAtMost(successes - 1, trials, share) - tail);
  const high = successes === trials ? 1 : solve((share) => tail - binomialAtMost(successes, trials, share));
  return { low, high };
}

/** Where a rising function of a share crosses 0, by halving. */
function solve(rising: (share: number) => number): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (rising(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Probability of at most `successes` of `trials` when each succeeds with probability `share`, 0 < share < 1. */
function binomialAtMost(successes: number, trials: number, share: number): number {
  const [logShare, logRest] = [Math.log(share), Math.log1p(-share)];
  let logTerm = trials * logRest;
  let sum = Math.exp(logTerm);
  for (let k = 1; k <= successes; k++) {
    logTerm += Math.log((trials - k + 1) / k) + logShare - logRest;
    sum += Math.exp(logTerm);
  }
  return Math.min(1, sum);
}
