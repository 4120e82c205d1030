/** Something that could not be computed, and why: one sentence for a reader of a report. */
export interface Undefined {
  readonly defined: false;
  readonly reason: string;
}

/** A result, or the reason why there is none. Told apart by `defined`; every figure of this package is one. */
export type Outcome<T> = ({ readonly defined: true } & Readonly<T>) | Undefined;

/** A confidence interval. `level` is its coverage, 0.95. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  readonly level: number;
  readonly method: 'delong' | 'delong-logit' | 'bootstrap';
}

/** A number with its confidence interval, where there is one. */
export type Figure = Outcome<{ value: number; interval: Outcome<Interval> }>;

/**
 * A figure that is reached by predicting "abnormal" for scores of `threshold` and above; null stands for "none at all".
 * `thresholdLogit` says the same on the scale of logits, where images were ranked by them.
 */
export type ThresholdFigure = Outcome<{
  value: number;
  interval: Outcome<Interval>;
  threshold: number | null;
  thresholdLogit?: number;
}>;

export function undefinedBecause(reason: string): Undefined {
  return { defined: false, reason };
}

/** Coverage of every interval of this package. */
export const intervalLevel = 0.95;
