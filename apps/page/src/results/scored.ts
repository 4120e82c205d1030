import type { ScoringResult } from '@mediclip/contracts';

/** The result of a picture that could be looked at. */
export type Scored = Extract<ScoringResult, { outcome: 'scored' }>;

export const isScored = (result: ScoringResult): result is Scored => result.outcome === 'scored';

export const isFlagged = ({ score }: Pick<Scored, 'score'>, threshold: number): boolean => score > threshold;

export const decisionWords = (result: Pick<Scored, 'score'>, threshold: number): string =>
  isFlagged(result, threshold) ? 'called abnormal' : 'called normal';
