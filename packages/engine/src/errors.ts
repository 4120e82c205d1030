/** The error in the engine process that an EngineError reports: its class, and its own code where it has one. */
export interface ErrorOrigin {
  readonly name: string;
  readonly code?: string;
}

/**
 * - `device-unavailable`: the device asked for did not load;
 * - `start-failed`: the engine process never became ready;
 * - `crashed`: the engine process died over this piece of work more often than it is tried again;
 * - `compute-failed`: the work itself failed; `origin` tells the error, e.g. an AdaptationError and its code;
 * - `deadline`: the answer did not come in time;
 * - `overloaded`: too many images are waiting;
 * - `stopped`: the engine was stopped; an adaptation goes on from its checkpoint.
 */
export type EngineErrorCode =
  | 'device-unavailable'
  | 'start-failed'
  | 'crashed'
  | 'compute-failed'
  | 'deadline'
  | 'overloaded'
  | 'stopped';

export class EngineError extends Error {
  override readonly name = 'EngineError';

  constructor(
    readonly code: EngineErrorCode,
    message: string,
    readonly origin?: ErrorOrigin,
  ) {
    super(message);
  }
}

/** Memory ran out in a way that left the process alive: the engine process ends itself, and its work is tried again in a fresh one. */
export class OutOfMemoryError extends Error {
  override readonly name = 'OutOfMemoryError';
}

/** Whether an error says that memory ran out, as ONNX Runtime, CUDA and V8 say it. */
export function isOutOfMemory(error: unknown): boolean {
  return (
    error instanceof OutOfMemoryError ||
    (error instanceof Error &&
      /bad_alloc|bad allocation|failed to allocate memory|out of memory|array buffer allocation failed/i.test(
        error.message,
      ))
  );
}
