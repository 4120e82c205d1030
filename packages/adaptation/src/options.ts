import type { AdaptationOptions } from '@mediclip/contracts';

/** The part of the options that decides what the prompts are. */
export type PromptOptions = Pick<
  AdaptationOptions,
  'prompts' | 'contextTokens' | 'classSpecificContext' | 'phrasePositions' | 'promptAttention'
>;

export type PhrasePosition = AdaptationOptions['phrasePositions'][number];

export type ScoringOptions = AdaptationOptions['scoring'];

export type TrainingOptions = AdaptationOptions['training'];
