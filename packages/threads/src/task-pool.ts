import type { ByteBudget, Lease } from './byte-budget.js';
import { crossed, type ErrorClass, rebuilt } from './crossed-error.js';
import { PoolThread, type PoolThreadOptions, type ThreadEnd } from './pool-thread.js';
import type { Task, TaskMessage, TaskOptions } from './task.js';
import { TaskStream } from './task-stream.js';
import { type Answer, type Item, itemsAhead, type Request, type StreamName, type Tasks } from './tasks.js';
import { ThreadError } from './thread-error.js';
import { Turns } from './turns.js';

export interface TaskPoolOptions {
  /** The built module of the threads; it calls `serveTasks`. */
  readonly entry: URL;
  /** Most threads at once. They start when there is work for them. */
  readonly threads: number;
  /** What `threadData` gives in the threads; copied to each. */
  readonly data?: unknown;
  /** Classes of errors that come back as their instances, besides the language's own. */
  readonly errors?: readonly ErrorClass[];
  /**
   * Longest time in milliseconds that a task may take, without what it waits for a thread; of a stream, that each item
   * may take. No limit by default.
   */
  readonly timeoutMs?: number;
  /** What a task that took too long rejects with; by default a ThreadError. */
  readonly timeoutError?: () => Error;
  /** Tasks of one caller that may wait for a thread; by default 1,000. */
  readonly maximumWaiting?: number;
  /** How often a task whose thread died is tried again; by default not at all. */
  readonly retries?: number;
  /**
   * Tasks that each thread has besides the one it works on, for it to go on while the event loop here is blocked; by
   * default 0.
   */
  readonly tasksAhead?: number;
  /** Threads without work end after so many milliseconds. By default they stay. */
  readonly idleMs?: number;
  /** What tasks reserve bytes of (`TaskContext.reserve`); without it they have what they ask for. */
  readonly budget?: ByteBudget;
  /**
   * Bytes that each thread has besides that budget: a task that reserves no more has them at once, without a message;
   * by default 0.
   */
  readonly ownBytes?: number;
  /** How much the threads give way to others where cores are short, from 0 to 19 (`giveWay`); on Linux alone. */
  readonly niceness?: number;
  /**
   * The threads hold state that tasks share: when one ends, the pool fails all tasks from then on and starts no other.
   */
  readonly isStateful?: boolean;
}

const defaultMaximumWaiting = 1_000;

/**
 * Hands tasks to worker threads (`serveTasks`), each to one. A task rejects with its own error, rebuilt here; with its
 * signal's reason; or with a ThreadError: its thread ended over it, it took too long, too many tasks wait, or the pool
 * is closed. Whatever happens to a thread fails the task that it works on and no other. Threads without work do not
 * keep the process alive.
 *
 * @example
 * const pool = new TaskPool<SquareTasks>({ entry: new URL('../dist/square-thread.js', import.meta.url), threads: 2 });
 * await pool.run('square', 3); // 9
 * await pool.close();
 */
export class TaskPool<T extends Tasks> {
  readonly #options: TaskPoolOptions;
  readonly #waiting = new Turns<Task>();
  /** Threads that work, or could. */
  readonly #usable = new Set<PoolThread>();
  /** Those besides that are about to end. */
  readonly #alive = new Set<PoolThread>();
  /** Bytes that tasks have reserved. */
  readonly #leases = new Map<Task, Lease>();
  /** Why it takes no tasks any more. */
  #closed: ThreadError | undefined;
  #lastId = 0;

  /** Throws a RangeError unless `threads` is an integer of at least 1. */
  constructor(options: TaskPoolOptions) {
    const { threads } = options;
    if (!Number.isInteger(threads) || threads < 1) {
      throw new RangeError(`A pool of ${threads} threads does no work; give an integer of at least 1.`);
    }
    this.#options = options;
  }

  /** Threads that have not ended. */
  get liveThreads(): number {
    return this.#alive.size;
  }

  /** Tasks that wait for a thread. */
  get waitingTasks(): number {
    return this.#waiting.size;
  }

  /** Starts the first thread now; rejects, with none left running, when it cannot start. */
  async start(): Promise<void> {
    try {
      await this.#addThread().ready;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** The answer of a thread to the task. */
  run<Name extends keyof T & string>(
    name: Name,
    request: Request<T, Name>,
    options: TaskOptions = {},
  ): Promise<Answer<T, Name>> {
    return new Promise((resolve, reject) => {
      const item = () => reject(new Error(`This is a bug: the task ${name} streams.`));
      this.#submit({ name, request, itemsOwed: undefined, item, resolve: resolve as Settle, reject }, options);
    });
  }

  /**
   * The items of a task that streams. The task is handed over at once, before an item is asked for; its thread waits
   * while its items are not taken.
   */
  stream<Name extends StreamName<T>>(
    name: Name,
    request: Request<T, Name>,
    options: TaskOptions = {},
  ): TaskStream<Item<T, Name>> {
    const stream = new TaskStream<Item<T, Name>>({
      onDone: () => this.#threadOf(task)?.pull(task),
      onStop: () => this.#abandon(task, undefined),
    });
    const task = this.#submit(
      {
        name,
        request,
        itemsOwed: itemsAhead,
        item: (item) => stream.push(item as Item<T, Name>),
        resolve: () => stream.close({}),
        reject: (error) => stream.close({ error }),
      },
      options,
    );
    return stream;
  }

  /** Ends all threads and waits until they are gone; tasks that are not done are rejected. */
  async close(): Promise<void> {
    this.#fail(new ThreadError('pool-closed', 'The pool of threads is closed.'));
    await Promise.all([...this.#alive].map(({ gone }) => gone));
  }

  #submit(
    { resolve, reject, ...work }: Pick<Task, 'name' | 'request' | 'itemsOwed' | 'item' | 'resolve' | 'reject'>,
    { signal, caller = '', transfer = [] }: TaskOptions,
  ): Task {
    const settled = <V>(settle: (value: V) => void) => {
      return (value: V) => {
        signal?.removeEventListener('abort', onAbort);
        settle(value);
      };
    };
    const task: Task = {
      ...work,
      id: ++this.#lastId,
      caller,
      transfer,
      livesLeft: 1 + (this.#options.retries ?? 0),
      hasItems: false,
      isWaiting: false,
      waiting: new AbortController(),
      isAbandoned: false,
      resolve: settled(resolve),
      reject: settled(reject),
    };
    const onAbort = () => this.#abandon(task, signal?.reason);
    if (this.#closed) reject(this.#closed);
    else if (signal?.aborted) reject(signal.reason);
    else {
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(task);
      this.#dispatch();
      const limit = this.#options.maximumWaiting ?? defaultMaximumWaiting;
      if (this.#waiting.sizeOf(task.caller) > limit && this.#waiting.remove(task)) {
        task.reject(
          new ThreadError('queue-full', `${limit} tasks of this caller wait for a thread already; try again later.`),
        );
      }
    }
    return task;
  }

  #dispatch(): void {
    while (this.#waiting.size > 0) {
      let thread: PoolThread | undefined;
      let cannotStart: unknown;
      try {
        thread = this.#freeThread();
      } catch (error) {
        // The system has no room for another thread: those that there are do it all.
        if (this.#usable.size > 0) return;
        cannotStart = new ThreadError('no-thread', 'A worker thread could not be started.', { cause: error });
      }
      const task = thread || cannotStart ? this.#waiting.take() : undefined;
      if (!task) return;
      try {
        if (!thread) throw cannotStart;
        thread.assign(task);
      } catch (error) {
        task.reject(error);
      }
    }
  }

  #freeThread(): PoolThread | undefined {
    const { threads, tasksAhead = 0 } = this.#options;
    for (const thread of this.#usable) if (!thread.isUsable) this.#usable.delete(thread);
    const [first, ...others] = this.#usable;
    const freest = others.reduce((best, thread) => (thread.load < (best?.load ?? 0) ? thread : best), first);
    if (freest?.load === 0) return freest;
    if (this.#usable.size < threads) return this.#addThread();
    return freest && freest.load <= tasksAhead ? freest : undefined;
  }

  #addThread(): PoolThread {
    const { entry, data, ownBytes = 0, niceness = 0, timeoutMs = null, idleMs = null } = this.#options;
    const options: PoolThreadOptions = { entry, data, ownBytes, niceness, timeoutMs, idleMs };
    const thread: PoolThread = new PoolThread(options, {
      onMessage: (task, message) => this.#heard(task, message),
      onEnd: (ended, end) => this.#handOver(ended, end),
    });
    this.#usable.add(thread);
    this.#alive.add(thread);
    thread.gone.then(() => this.#alive.delete(thread));
    return thread;
  }

  #heard(task: Task, message: TaskMessage): void {
    switch (message.type) {
      case 'item':
        task.item(message.value);
        return;
      case 'reserve':
        void this.#reserve(task, message.bytes);
        return;
      case 'give-back':
        this.#giveBack(task);
        return;
    }
    this.#giveBack(task);
    if (!task.isAbandoned) {
      if (message.type === 'answer') task.resolve(message.value);
      else task.reject(rebuilt(message.fault, [ThreadError, ...(this.#options.errors ?? [])]));
    }
    this.#dispatch();
  }

  /** Lets the thread go on with the task once it has the bytes; time in which it waits for them does not count. */
  async #reserve(task: Task, bytes: number): Promise<void> {
    const { signal } = task.waiting;
    try {
      const lease = await this.#options.budget?.take(bytes, { signal, caller: task.caller });
      const thread = this.#threadOf(task);
      if (!thread) {
        lease?.giveBack();
        return;
      }
      if (lease) this.#leases.set(task, lease);
      thread.grant(task);
    } catch (error) {
      if (!signal.aborted) this.#threadOf(task)?.grant(task, crossed(error));
    }
  }

  #giveBack(task: Task): void {
    this.#leases.get(task)?.giveBack();
    this.#leases.delete(task);
  }

  /**
   * Gives the tasks of a thread that has ended to others: those that it had not begun, and the one that it worked on if
   * that may be tried again.
   */
  #handOver(thread: PoolThread, { victim, others, reason }: ThreadEnd): void {
    this.#usable.delete(thread);
    if (this.#options.isStateful) this.#fail(reason);
    const again: Task[] = [];
    const hand = (task: Task, isVictim: boolean) => {
      this.#giveBack(task);
      task.waiting.abort();
      task.waiting = new AbortController();
      if (isVictim) task.livesLeft--;
      const isWorthIt = !isVictim || (task.livesLeft > 0 && !task.hasItems && reason.code === 'thread-ended');
      if (task.isAbandoned) return;
      if (isWorthIt && task.transfer.length === 0 && !this.#closed) again.push(task);
      else task.reject(this.#closed ?? this.#rejection(reason));
    };
    if (victim) hand(victim, true);
    for (const task of others) hand(task, false);
    this.#waiting.putBack(again);
    this.#dispatch();
  }

  #rejection(reason: ThreadError): Error {
    return (reason.code === 'timed-out' && this.#options.timeoutError?.()) || reason;
  }

  #abandon(task: Task, reason: unknown): void {
    const thread = this.#threadOf(task);
    task.waiting.abort();
    if (thread) thread.abandon(task);
    else this.#waiting.remove(task);
    task.reject(reason);
  }

  #threadOf(task: Task): PoolThread | undefined {
    return [...this.#usable].find((thread) => thread.has(task));
  }

  #fail(reason: ThreadError): void {
    this.#closed ??= reason;
    for (const task of this.#waiting.clear()) task.reject(reason);
    for (const thread of [...this.#usable]) thread.end(reason);
  }
}

type Settle = (answer: unknown) => void;
