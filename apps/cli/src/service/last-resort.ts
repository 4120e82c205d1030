import type { Logger } from 'pino';
import { UncaughtError } from '../usage-error.js';

/**
 * The last resort of a process: an exception or a rejection that nothing caught is logged, and the returned signal
 * aborts with an `UncaughtError`, so that work under way is finished or given back before the process ends. When that
 * takes longer than `graceMs`, it ends as it is, with status 1.
 */
export function lastResort(logger: Pick<Logger, 'fatal'>, graceMs: number): AbortSignal {
  const controller = new AbortController();
  const onUncaught = (err: unknown) => {
    logger.fatal({ err }, 'an error that nothing caught: the process drains and ends');
    if (controller.signal.aborted) return;
    controller.abort(new UncaughtError({ cause: err }));
    setTimeout(() => process.exit(1), graceMs).unref();
  };
  process.on('uncaughtException', onUncaught);
  process.on('unhandledRejection', onUncaught);
  return controller.signal;
}
