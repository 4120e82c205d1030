import { Worker } from 'node:worker_threads';
import type { CrossedError } from './crossed-error.js';
import { threadLimits, threadStarted } from './heap.js';
import { isOwed, type Task, type TaskMessage } from './task.js';
import type { FromThread, ThreadStart, ToThread } from './tasks.js';
import { ThreadError } from './thread-error.js';

/** Longest time that a thread may take to load its modules. */
const startTimeoutMs = 60_000;
/** What an abandoned task may take to stop before its thread is ended. */
const stopGraceMs = 1_000;

export interface PoolThreadOptions {
  readonly entry: URL;
  readonly data: unknown;
  readonly ownBytes: number;
  readonly niceness: number;
  readonly timeoutMs: number | null;
  readonly idleMs: number | null;
}

export interface PoolThreadEvents {
  /** A task of the thread said something. */
  readonly onMessage: (task: Task, message: TaskMessage) => void;
  /**
   * The thread takes no tasks any more. `victim` is the task that it worked on, `others` are those that it had not
   * begun; `reason` is what became of it.
   */
  readonly onEnd: (thread: PoolThread, end: ThreadEnd) => void;
}

export interface ThreadEnd {
  readonly victim: Task | undefined;
  readonly others: readonly Task[];
  readonly reason: ThreadError;
}

/** One worker thread and the tasks that it has, the one it works on first. What happens to it concerns these alone. */
export class PoolThread {
  /** Resolves when the thread can work; rejects when it ends before. */
  readonly ready: Promise<void>;
  /** Resolves when the thread is gone. */
  readonly gone: Promise<void>;
  readonly #worker: Worker;
  readonly #options: PoolThreadOptions;
  readonly #events: PoolThreadEvents;
  readonly #begun = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #tasks = new Map<number, Task>();
  #isReady = false;
  #hasAnswered = false;
  #isUsable = true;
  #hasEnded = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PoolThreadOptions, events: PoolThreadEvents) {
    this.#options = options;
    this.#events = events;
    const { data, ownBytes, niceness } = options;
    const workerData: ThreadStart = { data, ownBytes, niceness, begun: this.#begun };
    this.#worker = new Worker(options.entry, {
      workerData,
      execArgv: [],
      resourceLimits: threadLimits(),
    });
    let fault: unknown;
    this.#worker.on('error', (error) => {
      fault = error;
      this.#isUsable = false;
      this.#disarm();
    });
    this.#worker.on('messageerror', (error) => this.end(endedError('its message could not be read', error)));
    this.gone = new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        this.#ended(fault ? endedError(messageOf(fault), fault) : endedError(`it ended with code ${code}`));
        resolve();
      });
    });
    this.ready = new Promise((resolve, reject) => {
      this.#worker.on('message', (message: FromThread) => {
        if (message.type === 'ready') {
          this.#isReady = true;
          threadStarted();
          resolve();
          this.#watch();
        } else this.#heard(message);
      });
      this.#whenEnded = reject;
    });
    this.ready.catch(() => undefined);
    this.#watch();
  }

  #whenEnded: (reason: ThreadError) => void = () => {};

  /** Whether it may be given tasks: it has not failed, and nobody has ended it. */
  get isUsable(): boolean {
    return this.#isUsable;
  }

  /** Tasks that it has and has not answered. */
  get load(): number {
    return this.#tasks.size;
  }

  has({ id }: Task): boolean {
    return this.#tasks.has(id);
  }

  /** Gives it a task. Throws a DataCloneError for a request that cannot be sent. */
  assign(task: Task): void {
    const { id, name, request, transfer } = task;
    this.#post({ type: 'task', id, name, request }, transfer);
    this.#tasks.set(id, task);
    if (this.#tasks.size === 1) this.#watch();
  }

  /** Asks for one more item of a stream. */
  pull(task: Task): void {
    const waited = task.itemsOwed === 0;
    task.itemsOwed = (task.itemsOwed ?? 0) + 1;
    this.#post({ type: 'pull', id: task.id });
    if (waited) this.#watch();
  }

  /** Lets it go on with a task that waited for bytes, or with the error for which it has none. */
  grant(task: Task, fault?: CrossedError): void {
    task.isWaiting = false;
    this.#post({ type: 'granted', id: task.id, fault });
    this.#watch();
  }

  /** Tells it that nobody waits for a task any more. */
  abandon(task: Task): void {
    task.isAbandoned = true;
    this.#post({ type: 'stop', id: task.id });
    this.#watch();
  }

  /** Ends the thread; its tasks are handed over at once. */
  end(reason: ThreadError): void {
    void this.#worker.terminate();
    this.#ended(reason);
  }

  #heard(message: TaskMessage): void {
    const task = this.#tasks.get(message.id);
    if (!task || this.#hasEnded) return;
    if (message.type === 'item') {
      task.hasItems = true;
      task.itemsOwed = (task.itemsOwed ?? 0) - 1;
    } else if (message.type === 'reserve') {
      task.isWaiting = true;
    } else if (message.type !== 'give-back') {
      this.#tasks.delete(message.id);
      this.#hasAnswered = true;
    }
    this.#watch();
    this.#events.onMessage(task, message);
  }

  #ended(reason: ThreadError): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#isUsable = false;
    this.#disarm();
    this.#whenEnded(reason);
    const tasks = [...this.#tasks.values()];
    this.#tasks.clear();
    const begun = Atomics.load(this.#begun, 0);
    const first = tasks[0];
    // A thread that dies before it has done anything counts against its first task, or it would be started for ever.
    const victim = first && (first.id === begun || !this.#hasAnswered) ? first : undefined;
    this.#events.onEnd(this, { victim, others: victim ? tasks.slice(1) : tasks, reason });
  }

  /** Limits the time of what the thread does now, and lets the process end while it does nothing. */
  #watch(): void {
    this.#disarm();
    if (!this.#isUsable) return;
    const [task] = this.#tasks.values();
    if (this.#isReady && !task) this.#worker.unref();
    else this.#worker.ref();
    const { timeoutMs, idleMs } = this.#options;
    if (!this.#isReady) {
      this.#arm(startTimeoutMs, () => this.end(endedError(`it did not start within ${startTimeoutMs} ms`)));
    } else if (!task) {
      if (idleMs !== null) this.#arm(idleMs, () => this.end(endedError('it was idle')))?.unref();
    } else if (task.isAbandoned) {
      this.#arm(stopGraceMs, () => this.end(endedError('its task was abandoned')));
    } else if (timeoutMs !== null && isOwed(task)) {
      this.#arm(timeoutMs, () => {
        this.end(new ThreadError('timed-out', `The task took longer than ${timeoutMs} ms; its thread was ended.`));
      });
    }
  }

  /** The limit is looked at again after messages that came while this thread was blocked. */
  #arm(afterMs: number, act: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      setImmediate(() => {
        if (this.#timer === timer) act();
      });
    }, afterMs);
    this.#timer = timer;
    return timer;
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #post(message: ToThread, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, [...transfer]);
  }
}

function endedError(what: string, cause?: unknown): ThreadError {
  return new ThreadError('thread-ended', `A worker thread ended: ${what}.`, cause === undefined ? {} : { cause });
}

function messageOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}
