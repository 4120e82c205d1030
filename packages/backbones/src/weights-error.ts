/** What is wrong with a weight file, an asset or a backbone id; the message is one sentence that says what to do. */
export type WeightsErrorCode =
  | 'unreadable-file'
  | 'truncated-file'
  | 'bad-header'
  | 'unsupported-dtype'
  | 'bad-shape'
  | 'bad-offsets'
  | 'bad-tensor'
  | 'missing-tensor'
  | 'bad-checkpoint'
  | 'bad-index'
  | 'unknown-layout'
  | 'bad-configuration'
  | 'digest-mismatch'
  | 'unknown-backbone'
  | 'weights-missing'
  | 'weights-present'
  | 'ambiguous-weights'
  | 'not-on-hub'
  | 'hub-refused'
  | 'hub-unreachable'
  | 'unknown-tap'
  | 'bad-prompt';

/** A weight file, an asset or a backbone that cannot be used; `code` says what kind of fault it is. */
export class WeightsError extends Error {
  override readonly name = 'WeightsError';

  constructor(
    readonly code: WeightsErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
