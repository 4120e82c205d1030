import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { EngineMessage, EngineProcessSettings, Fault, StartMessage, WorkMessage } from '../protocol.js';
import { engineEnvironment } from './engine-environment.js';

/** Why an engine process ended: by itself (`crash`), by its supervisor, or because it could not start (`refused`). */
export type EndReason = 'crash' | 'hang' | 'cancel' | 'memory' | 'stop' | 'refused';

export interface ChildEnd {
  readonly reason: EndReason;
  /** For people: `it was killed by SIGSEGV`. */
  readonly description: string;
  /** The fault it was refused with. */
  readonly fault?: Fault;
}

export interface EngineChildOptions {
  readonly settings: EngineProcessSettings;
  /** A process that is busy and finishes no operation for so long, times the images in it, is killed. */
  readonly hangTimeoutMs: number;
  readonly onMessage: (message: EngineMessage) => void;
  /** Called once, after the last message. */
  readonly onEnd: (end: ChildEnd) => void;
}

/**
 * Loading a model frees large blocks. By default the C library learns from the first one to keep the next: a tower of a
 * gigabyte then holds two. With a fixed threshold freed blocks go back to the system.
 */
const returnFreedMemory = { MALLOC_MMAP_THRESHOLD_: `${2 ** 21}` };

/** One heap of the C library for all threads, which ask it seldom: with one of their own each, more lies unused. */
const shareOneHeap = { MALLOC_ARENA_MAX: '1' };

/** V8's space for young objects may grow to twice 2 MiB; it would to 32, for the little that a score makes. */
const boundYoungSpace = '--max-semi-space-size=2';

/** One life of the engine process, with the watchdog that ends it when it hangs. */
export class EngineChild {
  readonly #process: ChildProcess;
  readonly #onMessage: (message: EngineMessage) => void;
  #reason: EndReason = 'crash';
  #fault: Fault | undefined;
  #spawnError: string | undefined;
  #drained = false;
  #silentBeats = 0;
  #operations = 0;
  /** How many images the operation under way has. */
  #images = 1;
  /** The ids of the operation under way. */
  inFlight: readonly number[] = [];
  ready = false;
  /** It was told to drain and takes no more work. */
  draining = false;

  constructor({ settings, hangTimeoutMs, onMessage, onEnd }: EngineChildOptions) {
    this.#onMessage = onMessage;
    this.#process = fork(fileURLToPath(new URL('../../dist/child/engine-process.js', import.meta.url)), {
      serialization: 'advanced',
      execArgv: [boundYoungSpace],
      // Whatever a native library prints goes to the parent's standard error: standard output belongs to the parent
      // alone.
      stdio: ['ignore', 2, 2, 'ipc'],
      env: { ...shareOneHeap, ...engineEnvironment(process.env), ...returnFreedMemory },
    });
    this.#process.on('message', (message) => this.#receive(message as EngineMessage));
    // A beat that is missed is counted by this process's own turns, so that a suspended machine kills nobody on waking
    // up.
    const silenceLimit = Math.ceil(hangTimeoutMs / settings.beatIntervalMs);
    const watchdog = setInterval(() => {
      if (++this.#silentBeats >= silenceLimit * this.#images) this.kill('hang');
    }, settings.beatIntervalMs);
    let hasEnded = false;
    const ended = (code: number | null, signal: NodeJS.Signals | null) => {
      if (hasEnded) return;
      hasEnded = true;
      clearInterval(watchdog);
      const reason = this.draining && !this.#drained && this.#reason !== 'hang' ? 'crash' : this.#reason;
      const how = signal ? `it was killed by ${signal}` : `it exited with code ${code}`;
      const description =
        reason === 'hang' ? `it did not answer for ${hangTimeoutMs * this.#images} ms` : (this.#spawnError ?? how);
      onEnd({ reason, description, ...(this.#fault && { fault: this.#fault }) });
    };
    // `close` comes after the exit and after the last message.
    this.#process.once('close', ended);
    this.#process.on('error', ({ message }) => {
      this.#spawnError = message;
      // Without a descriptor for it there never was a process, and there is no `close`.
      if (this.#process.pid === undefined) ended(null, null);
    });
    const start: StartMessage = { type: 'start', settings };
    this.#send(start);
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get takesWork(): boolean {
    return this.ready && !this.draining;
  }

  /** Before it is ready there is nobody to tell; it gets its work then. */
  send(message: WorkMessage): void {
    if (!this.ready) return;
    if (message.type === 'score' || message.type === 'adapt') this.#send({ type: 'announced' });
    this.#send(message);
  }

  /** Lets the process finish its operation, checkpoint and end; `reason` is what its end will be told with. */
  drain(reason: 'memory' | 'stop'): void {
    this.#reason = reason;
    if (this.draining) return;
    this.draining = true;
    this.#send({ type: 'drain' });
  }

  kill(reason: EndReason): void {
    this.#reason = reason;
    this.#process.kill('SIGKILL');
  }

  #send(message: StartMessage | WorkMessage): void {
    // A message that no longer arrives means that the process is ending; its work is handed on then.
    if (this.#process.connected) this.#process.send(message, () => {});
  }

  #receive(message: EngineMessage): void {
    if (message.type === 'ready') this.ready = true;
    if (message.type === 'drained') this.#drained = true;
    if (message.type === 'begun') {
      this.inFlight = message.ids;
      this.#images = message.images;
    }
    if (message.type === 'refused') {
      this.#reason = 'refused';
      this.#fault = message.fault;
    }
    if (message.type === 'beat') {
      if (!message.busy || message.operations !== this.#operations) this.#silentBeats = 0;
      this.#operations = message.operations;
    }
    this.#onMessage(message);
  }
}
