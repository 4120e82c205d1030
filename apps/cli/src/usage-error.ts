/** A fault that the person at the terminal can mend; the message says how, in one sentence. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
