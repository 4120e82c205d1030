import type { Logger } from 'pino';

/** How long an error that is said again is only counted. */
const quietMs = 60_000;

/** Kinds of errors that are kept apart; beyond them the oldest is forgotten. */
const longestMemory = 100;

interface Said {
  readonly untilMs: number;
  repeats: number;
}

/**
 * Logs errors of what is used all the time, one line for each kind and minute: a Redis that is away or full fails
 * dozens of calls a second. The next line of a kind says how often it came meanwhile. Errors are of one kind when their
 * messages differ in numbers only.
 */
export function boundedErrors(logger: Pick<Logger, 'error'>, now: () => number = Date.now): (error: Error) => void {
  const said = new Map<string, Said>();
  return (error) => {
    const kind = error.message.replace(/[\da-f]{8}-[\da-f-]{27}|\d+/g, '#');
    const before = said.get(kind);
    if (before && now() < before.untilMs) {
      before.repeats++;
      return;
    }
    said.delete(kind);
    said.set(kind, { untilMs: now() + quietMs, repeats: 0 });
    const [oldest] = said.keys();
    if (said.size > longestMemory && oldest !== undefined) said.delete(oldest);
    logger.error({ err: error, ...(before && before.repeats > 0 && { repeats: before.repeats }) }, error.message);
  };
}
