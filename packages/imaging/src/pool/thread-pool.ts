import { Worker } from 'node:worker_threads';

export interface ThreadPoolOptions {
  readonly threads: number;
  /** Longest time that a task may run before its thread is ended; null for no limit. */
  readonly timeoutMs: number | null;
}

interface Task<Request, Response> {
  readonly request: Request;
  readonly transfer: readonly ArrayBuffer[];
  readonly resolve: (response: Response) => void;
  readonly reject: (reason: unknown) => void;
}

interface Thread<Request, Response> {
  readonly worker: Worker;
  task: Task<Request, Response> | undefined;
  timer: NodeJS.Timeout | undefined;
}

/** A task that ran longer than it may; its thread was ended. */
export class TaskTimeout extends Error {
  override readonly name = 'TaskTimeout';
}

/**
 * A few worker threads that answer one message with one message. A thread that crashes or takes too long fails its own
 * task only; a new one takes its place when there is work for it.
 */
export class ThreadPool<Request, Response> {
  private readonly queue: Task<Request, Response>[] = [];
  private readonly threads = new Set<Thread<Request, Response>>();
  private closed = false;

  /** `entry` is a module that sends a first message when it is ready, then one for each that it gets. */
  constructor(
    private readonly entry: URL,
    private readonly options: ThreadPoolOptions,
    private readonly workerData: unknown,
  ) {}

  /** Starts all threads; rejects, with none left running, when one of them cannot start. */
  async start(): Promise<void> {
    const starts = Array.from({ length: this.options.threads }, () => {
      const { worker } = this.addThread();
      return new Promise<void>((resolve, reject) => {
        worker.once('message', () => resolve());
        worker.once('error', reject);
      });
    });
    try {
      await Promise.all(starts);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /**
   * The answer of a thread to `request`. Rejects with the signal's reason once it is aborted (a task that runs already
   * then runs to its end, unheard), with TaskTimeout, or with an Error when the thread ends or the pool is closed.
   */
  run(request: Request, transfer: readonly ArrayBuffer[] = [], signal?: AbortSignal): Promise<Response> {
    if (this.closed) return Promise.reject(closedError());
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise<Response>((resolve, reject) => {
      const task: Task<Request, Response> = { request, transfer, resolve, reject };
      const settle = <T>(settled: (value: T) => void) => {
        return (value: T) => {
          signal?.removeEventListener('abort', abort);
          settled(value);
        };
      };
      const abort = () => {
        const place = this.queue.indexOf(queued);
        if (place >= 0) this.queue.splice(place, 1);
        reject(signal?.reason);
      };
      const queued = { ...task, resolve: settle(resolve), reject: settle(reject) };
      signal?.addEventListener('abort', abort, { once: true });
      this.queue.push(queued);
      this.dispatch();
    });
  }

  /** Ends all threads; tasks that are not done are rejected. */
  async close(): Promise<void> {
    this.closed = true;
    for (const task of this.queue.splice(0)) task.reject(closedError());
    await Promise.all([...this.threads].map((thread) => this.remove(thread, closedError())));
  }

  private dispatch(): void {
    while (this.queue.length > 0) {
      const idle = [...this.threads].find(({ task }) => task === undefined);
      if (!idle && this.threads.size >= this.options.threads) return;
      const thread = idle ?? this.addThread();
      const task = this.queue.shift()!;
      thread.task = task;
      const { timeoutMs } = this.options;
      if (timeoutMs !== null) {
        const timeout = new TaskTimeout(`The task ran longer than ${timeoutMs} ms.`);
        thread.timer = setTimeout(() => this.remove(thread, timeout), timeoutMs);
      }
      thread.worker.postMessage(task.request, [...task.transfer]);
    }
  }

  private addThread(): Thread<Request, Response> {
    const worker = new Worker(this.entry, { workerData: this.workerData, execArgv: [] });
    const thread: Thread<Request, Response> = { worker, task: undefined, timer: undefined };
    this.threads.add(thread);
    worker.once('message', () => {
      worker.on('message', (response: Response) => {
        this.release(thread)?.resolve(response);
        this.dispatch();
      });
    });
    worker.on('error', (error) => this.remove(thread, error));
    worker.on('exit', (code) => this.remove(thread, new Error(`A worker thread ended with code ${code}.`)));
    return thread;
  }

  private release(thread: Thread<Request, Response>): Task<Request, Response> | undefined {
    clearTimeout(thread.timer);
    const { task } = thread;
    thread.task = undefined;
    return task;
  }

  private async remove(thread: Thread<Request, Response>, reason: unknown): Promise<void> {
    this.threads.delete(thread);
    this.release(thread)?.reject(reason);
    if (!this.closed) this.dispatch();
    await thread.worker.terminate();
  }
}

function closedError(): Error {
  return new Error('The thread pool is closed.');
}
