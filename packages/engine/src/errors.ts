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
 * - `overloaded`: too many images are waiting;
 * - `stopped`: the engine was stopped; an adaptation goes on from its checkpoint.
 */
export type EngineErrorCode =
  | 'device-unavailable'
  | 'start-failed'
  | 'crashed'
  | 'compute-failed'
  | 'overloaded'
  | 'stopped';

/** Work that the engine did not do; `code` says why. */
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
