/** A fault of the hub or of the way to it that may pass: a dropped connection, an overloaded server. */
export class TransientError extends Error {
  override readonly name = 'TransientError';

  constructor(
    message: string,
    /** How long the hub asks to wait. */
    readonly retryAfterMs?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
