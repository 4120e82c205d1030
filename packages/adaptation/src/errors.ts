export type AdaptationErrorCode =
  | 'too-few-normal-images'
  | 'shots-too-alike'
  | 'bad-image'
  | 'unknown-tap'
  | 'checkpoint-mismatch'
  | 'corrupt-checkpoint'
  | 'corrupt-detector'
  | 'backbone-mismatch'
  | 'weights-not-mapped'
  | 'half-precision-overflow'
  | 'diverged'
  | 'no-memory'
  | 'normals-differ';

/** A fault of an adaptation or a detector that its user can mend; the message says how. */
export class AdaptationError extends Error {
  override readonly name = 'AdaptationError';

  constructor(
    readonly code: AdaptationErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
