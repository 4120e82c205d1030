/**
 * - `timed-out`: the task ran longer than it may, and its thread was ended;
 * - `thread-ended`: the thread ended while it started or while it worked on the task;
 * - `no-thread`: the system has no room for another thread now;
 * - `queue-full`: as many tasks wait already as may;
 * - `pool-closed`: the pool was closed before the task was done.
 */
export type ThreadErrorCode = 'timed-out' | 'thread-ended' | 'no-thread' | 'queue-full' | 'pool-closed';

/** Why a task has no answer, where it is not the task's own fault. */
export class ThreadError extends Error {
  override readonly name = 'ThreadError';

  constructor(
    readonly code: ThreadErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
