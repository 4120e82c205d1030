/** An error as the rooms have them: a class, a code, a sentence. */
export class TrialError extends Error {
  override readonly name = 'TrialError';

  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
