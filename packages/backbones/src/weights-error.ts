/** What is wrong with a weight file, an asset or a backbone id; the message is one sentence that says what to do. */
export type WeightsErrorCode =
  | 'unreadable_file'
  | 'truncated_file'
  | 'bad_header'
  | 'unsupported_dtype'
  | 'bad_shape'
  | 'bad_offsets'
  | 'bad_tensor'
  | 'missing_tensor'
  | 'bad_checkpoint'
  | 'bad_index'
  | 'unknown_layout'
  | 'bad_configuration'
  | 'digest_mismatch'
  | 'unknown_backbone'
  | 'weights_missing'
  | 'weights_present'
  | 'ambiguous_weights'
  | 'not_on_hub'
  | 'hub_refused'
  | 'hub_unreachable'
  | 'unknown_tap'
  | 'bad_prompt';

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
