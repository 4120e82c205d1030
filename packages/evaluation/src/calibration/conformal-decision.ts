import { conformalPValue } from './conformal.js';

/** What a calibrated model says about one image. */
export interface ConformalDecision {
  readonly decision: 'normal' | 'abnormal';
  /** How rare so high a score is among normal images: at most alpha exactly when the decision is `abnormal`. */
  readonly pValue: number;
}

/** Decides about a score by a calibration: its threshold, and the scores of the normal images that the threshold comes from. */
export function conformalDecision(
  { threshold, scores }: { readonly threshold: number; readonly scores: ArrayLike<number> },
  score: number,
): ConformalDecision {
  return { decision: score > threshold ? 'abnormal' : 'normal', pValue: conformalPValue(scores, score) };
}
