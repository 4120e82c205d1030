/** A fault that the person at the terminal can mend; the message says how, in one sentence. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The person stopped the command; the message says how to go on. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
}
