import { EventEmitter } from 'node:events';
import { EngineError, type EngineState } from '@mediclip/engine';
import type { WorkerEngine } from './dependencies.js';

type EngineStatus = EngineState['status'];

/**
 * The health of a worker's engine: the one place that everything asks which depends on it. `change` tells of every new
 * status, `gaveUp` of the last one.
 */
export class EngineHealth extends EventEmitter<{ change: [EngineStatus]; gaveUp: [EngineError] }> {
  readonly #engine: WorkerEngine;
  #failing = new AbortController();
  readonly #onStatus = (status: EngineStatus) => this.#become(status);
  readonly #onGaveUp = (error: EngineError) => this.emit('gaveUp', error);

  constructor(engine: WorkerEngine) {
    super();
    this.#engine = engine;
    engine.on('status', this.#onStatus);
    engine.on('gaveUp', this.#onGaveUp);
  }

  get status(): EngineStatus {
    return this.#engine.state.status;
  }

  /** False while the process does not start and when it was given up. One that is being replaced is well. */
  get isWell(): boolean {
    return this.status !== 'failing' && this.status !== 'stopped';
  }

  /**
   * Aborts with an EngineError `start-failed` once the engine does not start: whoever waits for it had better go
   * elsewhere. What begins after it is ready again has another signal.
   */
  get failing(): AbortSignal {
    return this.#failing.signal;
  }

  /** Stops listening to the engine. */
  close(): void {
    this.#engine.off('status', this.#onStatus);
    this.#engine.off('gaveUp', this.#onGaveUp);
  }

  #become(status: EngineStatus): void {
    if (status === 'ready' && this.#failing.signal.aborted) this.#failing = new AbortController();
    // First nothing new is taken, then what is here goes elsewhere.
    this.emit('change', status);
    if (status === 'failing') this.#failing.abort(doesNotStart());
  }
}

/** Whether work ended with `error` because the engine here is not there for it: it goes on elsewhere, or here later. */
export function isWithoutEngine(error: unknown): boolean {
  return error instanceof EngineError && (error.code === 'stopped' || error.code === 'start-failed');
}

function doesNotStart(): EngineError {
  return new EngineError('start-failed', 'The engine of the worker does not start at the moment; repeat the request.');
}
