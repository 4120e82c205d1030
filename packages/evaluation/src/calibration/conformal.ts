/**
 * A threshold that flags a new normal image with a probability of at most `alpha`: an image is flagged when its score
 * is above `value`.
 */
export type ConformalThreshold =
  | {
      readonly defined: true;
      readonly value: number;
      readonly alpha: number;
      /** `value` is the `rank`-th smallest of the `normalImages` calibration scores (counted from 1). */
      readonly rank: number;
      readonly normalImages: number;
    }
  | {
      readonly defined: false;
      readonly reason: string;
      readonly alpha: number;
      readonly rank: number;
      readonly normalImages: number;
      /** So many normal images are needed at least for this alpha. */
      readonly neededImages: number;
    };

const smallestAlpha = 1e-9;

/**
 * Split-conformal threshold from the scores of normal images that were used neither for training nor for choosing the
 * model. If a new normal image is exchangeable with them, it scores above the threshold with a probability of at most
 * alpha, whatever the model. The rank is ceil((n + 1)(1 - alpha)), counted in whole images so that rounding cannot
 * shift it: an image is flagged exactly when its `conformalPValue` is at most alpha. Undefined, with the number of
 * images needed, when the rank exceeds n. Source: Vovk et al., "Algorithmic Learning in a Random World", 2005;
 * golden/metrics/conformal.json. Throws a RangeError for scores that are not finite or an alpha outside 0 to 1.
 */
export function conformalThreshold(normalScores: ArrayLike<number>, alpha: number): ConformalThreshold {
  if (!(alpha >= smallestAlpha && alpha < 1)) {
    throw new RangeError(`alpha is ${alpha}; give a number between 0 (${smallestAlpha} at least) and 1, say 0.05.`);
  }
  requireFinite(normalScores);
  const normalImages = normalScores.length;
  const rank = normalImages + 1 - imagesAllowedAbove(normalImages, alpha);
  if (rank > normalImages) {
    const neededImages = imagesNeeded(alpha);
    const reason =
      `${normalImages} normal images are too few for alpha = ${alpha}: ` +
      `give at least ${neededImages}, or a larger alpha.`;
    return { defined: false, reason, alpha, rank, normalImages, neededImages };
  }
  const value = Float64Array.from(normalScores).sort()[rank - 1]!;
  return { defined: true, value, alpha, rank, normalImages };
}

/**
 * Split-conformal p-value of one score: (1 + number of calibration scores >= score) / (n + 1). Small means unlike the
 * normal images; 1 when there are no calibration scores. Throws a RangeError for scores that are not finite.
 */
export function conformalPValue(normalScores: ArrayLike<number>, score: number): number {
  requireFinite(normalScores);
  requireFinite([score]);
  let atLeast = 0;
  for (let i = 0; i < normalScores.length; i++) if (normalScores[i]! >= score) atLeast++;
  return (1 + atLeast) / (normalScores.length + 1);
}

/** The largest m with m / (n + 1) <= alpha in floating-point arithmetic: the same division that makes a p-value. */
function imagesAllowedAbove(normalImages: number, alpha: number): number {
  let allowed = Math.ceil(alpha * (normalImages + 1));
  while (allowed / (normalImages + 1) > alpha) allowed--;
  return allowed;
}

function imagesNeeded(alpha: number): number {
  let images = Math.max(1, Math.floor(1 / alpha) - 2);
  while (1 / (images + 1) > alpha) images++;
  return images;
}

function requireFinite(scores: ArrayLike<number>): void {
  for (let i = 0; i < scores.length; i++) {
    if (!Number.isFinite(scores[i])) throw new RangeError(`Score ${i} is ${scores[i]}; give finite numbers.`);
  }
}
