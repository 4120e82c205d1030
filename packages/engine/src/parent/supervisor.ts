import type { Device } from '../child/compute.js';
import type { SchedulerGauges } from '../child/scheduler.js';
import { EngineError } from '../errors.js';
import type { Beat, EngineMessage, WorkMessage } from '../protocol.js';
import { type ChildEnd, EngineChild } from './engine-child.js';
import type { ResolvedEngineOptions } from './engine-options.js';
import { errorOf } from './work.js';

export interface EngineState {
  /**
   * `restarting`: the process ended, another is being started. `failing`: those do not become ready, for now.
   * `stopped`: there will be no other.
   */
  readonly status: 'starting' | 'ready' | 'restarting' | 'failing' | 'stopped';
  /** The device asked for. */
  readonly device: Device;
  /** The execution provider that really loaded; undefined before the first start is over. */
  readonly provider: string | undefined;
  /** Why the device `auto` took the processor on a machine that has CUDA's files or an NVIDIA device: a sentence. */
  readonly passedOver: string | undefined;
  /** How often the process was replaced, for whatever reason. */
  readonly restarts: number;
  readonly pid: number | undefined;
  /** Resident memory of the process at its last sign of life. */
  readonly rssBytes: number;
  readonly gauges: SchedulerGauges;
}

export interface SupervisorHandlers {
  readonly onStatus: (status: EngineState['status']) => void;
  /** The process is ready and has no work yet. */
  readonly onReady: () => void;
  readonly onMessage: (message: EngineMessage) => void;
  /** The process ended and will be replaced; `inFlight` are the ids of the operation that was under way. */
  readonly onEnd: (end: ChildEnd, inFlight: readonly number[]) => void;
  /** There will be no other process. */
  readonly onGiveUp: (failure: EngineError) => void;
}

const noGauges: SchedulerGauges = { waitingScores: 0, waitingAdaptations: 0, adaptationOpen: false };

/**
 * Keeps one engine process running: starts it, replaces it when it ends or grows too large, and stops it. Knows nothing
 * of its work.
 */
export class Supervisor {
  readonly #options: ResolvedEngineOptions;
  readonly #handlers: SupervisorHandlers;
  #child: EngineChild | undefined;
  #status: EngineState['status'] = 'starting';
  #provider: string | undefined;
  #passedOver: string | undefined;
  #restarts = 0;
  #lastBeat: Pick<Beat, 'rssBytes' | 'gauges'> = { rssBytes: 0, gauges: noGauges };
  /** Starts in a row that never became ready. */
  #failedStarts = 0;
  /** When the last process that was ready ended. */
  #readyUntilMs = 0;
  /** Ends in a row of processes that had done no work. */
  #fruitlessEnds = 0;
  /** Whether work was done since the last replacement for memory; without any, another one would change nothing. */
  #mayReplaceForMemory = true;
  #backOff: NodeJS.Timeout | undefined;
  #stopping: Promise<void> | undefined;
  #onStopped: (() => void) | undefined;

  constructor(options: ResolvedEngineOptions, handlers: SupervisorHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#spawn();
  }

  get state(): EngineState {
    return {
      status: this.#status,
      device: this.#options.device,
      provider: this.#provider,
      passedOver: this.#passedOver,
      restarts: this.#restarts,
      pid: this.#child?.pid,
      ...this.#lastBeat,
    };
  }

  get takesWork(): boolean {
    return this.#child?.takesWork ?? false;
  }

  /** Sends a message to the present process; drops it while none is ready. */
  send(message: WorkMessage): void {
    this.#child?.send(message);
  }

  /** Ends the present process at once, and only that one, so that what it works on stops. */
  interrupt(): () => void {
    const child = this.#child;
    return () => child?.kill('cancel');
  }

  /** The process got on with its work. */
  workDone(): void {
    this.#fruitlessEnds = 0;
    this.#mayReplaceForMemory = true;
  }

  /** Lets the process checkpoint and end; kills it when that takes too long. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#backOff);
    const child = this.#child;
    if (child) {
      const ended = new Promise<void>((resolve) => {
        this.#onStopped = resolve;
      });
      const grace = setTimeout(() => child.kill('stop'), this.#options.timing.stopGraceMs);
      if (child.ready) child.drain('stop');
      else child.kill('stop');
      await ended;
      clearTimeout(grace);
    }
    this.#giveUp(stoppedError());
  }

  #spawn(): void {
    const { computeModule, timing, modelsFolder, ...options } = this.#options;
    const { device, precision, fusedAttention, featureCacheBytes, threads, synthesisThreads, niceness } = options;
    try {
      this.#child = new EngineChild({
        settings: {
          computeModule: computeModule.href,
          device,
          precision,
          fusedAttention,
          featureCacheBytes,
          threads,
          synthesisThreads,
          niceness,
          beatIntervalMs: timing.beatIntervalMs,
          ...(modelsFolder !== undefined && { modelsFolder }),
        },
        hangTimeoutMs: timing.hangTimeoutMs,
        onMessage: (message) => this.#onMessage(message),
        onEnd: (end) => this.#onEnd(end),
      });
    } catch (error) {
      // The system has no room for another process now; it may have later.
      this.#onEnd({ reason: 'crash', description: (error as Error).message });
    }
  }

  #onMessage(message: EngineMessage): void {
    if (message.type === 'ready') {
      this.#provider = message.provider;
      this.#passedOver = message.passedOver;
      this.#failedStarts = 0;
      this.#setStatus('ready');
      this.#handlers.onReady();
    } else if (message.type === 'beat') {
      this.#onBeat(message);
    } else {
      this.#handlers.onMessage(message);
    }
  }

  #onBeat({ rssBytes, gauges }: Beat): void {
    this.#lastBeat = { rssBytes, gauges };
    if (rssBytes <= this.#options.memoryCeilingBytes || !this.#mayReplaceForMemory || !this.takesWork) return;
    this.#mayReplaceForMemory = false;
    this.#child?.drain('memory');
    this.#setStatus('restarting');
  }

  #onEnd(end: ChildEnd): void {
    const child = this.#child;
    this.#child = undefined;
    if (this.#onStopped) {
      this.#onStopped();
      return;
    }
    if (child?.ready) this.#readyUntilMs = performance.now();
    const failure = child?.ready ? undefined : this.#failedStart(end);
    if (failure) {
      this.#giveUp(failure);
      return;
    }
    this.#restarts++;
    this.#setStatus(this.#statusAfterEnd());
    this.#backOff = setTimeout(() => this.#spawn(), this.#pauseAfter(end));
    this.#handlers.onEnd(end, child?.inFlight ?? []);
  }

  /**
   * Counts an end before the process was ready. The error to give up with, or undefined when it is to be tried again.
   */
  #failedStart(end: ChildEnd): EngineError | undefined {
    this.#failedStarts++;
    const { startAttempts, timing } = this.#options;
    if (this.#provider !== undefined) {
      const isWithinLimit = performance.now() - this.#readyUntilMs < timing.giveUpAfterMs;
      return isWithinLimit ? undefined : startFailed(this.#failedStarts, end);
    }
    if (end.fault) return errorOf(end.fault);
    return this.#failedStarts < startAttempts ? undefined : startFailed(this.#failedStarts, end);
  }

  #statusAfterEnd(): EngineState['status'] {
    if (this.#provider === undefined) return 'starting';
    return this.#failedStarts > 0 ? 'failing' : 'restarting';
  }

  #pauseAfter({ reason }: ChildEnd): number {
    if (reason === 'memory' || reason === 'cancel') return 0;
    const { backOffMs, maxBackOffMs } = this.#options.timing;
    return Math.min(maxBackOffMs, backOffMs * 2 ** this.#fruitlessEnds++);
  }

  #giveUp(failure: EngineError): void {
    this.#setStatus('stopped');
    this.#handlers.onGiveUp(failure);
  }

  #setStatus(status: EngineState['status']): void {
    if (status === this.#status) return;
    this.#status = status;
    this.#handlers.onStatus(status);
  }
}

/** What work is rejected with that the engine had not answered when it was stopped. */
export function stoppedError(): EngineError {
  return new EngineError(
    'stopped',
    'The engine was stopped; start it again, and an adaptation goes on from its checkpoint.',
  );
}

function startFailed(times: number, { description }: ChildEnd): EngineError {
  return new EngineError(
    'start-failed',
    `The engine process did not become ready in ${times} ${times === 1 ? 'attempt' : 'attempts'}, the last time because ${description}; look at its error output.`,
  );
}
