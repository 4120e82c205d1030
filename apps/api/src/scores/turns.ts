import { setImmediate as yieldToEventLoop } from 'node:timers/promises';

/**
 * Lets pieces of work of many requests through one after the other, each in a turn of the event loop of its own:
 * requests that were waiting for one answer would else all go on in the turn in which it comes.
 */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Resolves in a turn in which it resolves for nobody else. */
  next(): Promise<void> {
    this.#last = this.#last.then(() => yieldToEventLoop());
    return this.#last;
  }
}
