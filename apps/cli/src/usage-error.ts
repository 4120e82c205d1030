/** A fault that the person at the terminal can mend; the message says how, in one sentence. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The person stopped the command; the message says how to go on. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
}

/** The process ended itself over an error that nothing caught. */
export class UncaughtError extends Error {
  override readonly name = 'UncaughtError';

  constructor(options: ErrorOptions) {
    super('An error that nothing caught ended the process: its log says which, and it is a bug.', options);
  }
}
