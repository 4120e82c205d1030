import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type CrossedError, crossed, rebuilt } from './crossed-error.js';
import { giveWay } from './give-way.js';
import { Moved } from './move.js';
import { type FromThread, itemsAhead, type TaskContext, type Tasks, type ThreadStart, type ToThread } from './tasks.js';
import { ThreadError } from './thread-error.js';

/** What the pool gave its threads as `data`. */
export function threadData<T>(): T {
  return start().data as T;
}

/**
 * In the entry of a thread of a `TaskPool`: does the pool's tasks, one after the other. An error of a task is its
 * answer, and crosses as `crossed` says; one that nobody catches ends the thread.
 *
 * @example
 * const tasks = { square: (x: number) => x * x };
 * export type SquareTasks = typeof tasks;
 * serveTasks(tasks);
 */
export function serveTasks(tasks: Tasks): void {
  if (!parentPort) throw new Error('This module is the entry of a worker thread.');
  const port = parentPort;
  const { begun, niceness } = start();
  // Elsewhere it would be that of the whole process.
  if (process.platform === 'linux') giveWay(niceness);
  const open = new Map<number, OpenTask>();
  let last = Promise.resolve();
  port.on('message', (message: ToThread) => {
    if (message.type === 'pull') open.get(message.id)?.pull();
    else if (message.type === 'stop') open.get(message.id)?.stop();
    else if (message.type === 'granted') open.get(message.id)?.granted(message.fault);
    else {
      const { id, name, request } = message;
      const task = new OpenTask(port, id);
      open.set(id, task);
      last = last.then(async () => {
        Atomics.store(begun, 0, id);
        await task.run(tasks[name] as Task | undefined, request);
        open.delete(id);
      });
    }
  });
  post(port, { type: 'ready' });
}

type Task = (request: unknown, context: TaskContext) => unknown;

/** A task of this thread until it is answered. */
class OpenTask {
  readonly #port: MessagePort;
  readonly #id: number;
  readonly #stopped = new AbortController();
  #itemsWanted = itemsAhead;
  #wake: () => void = () => {};
  #grant: { readonly resolve: () => void; readonly reject: (reason: unknown) => void } | undefined;

  constructor(port: MessagePort, id: number) {
    this.#port = port;
    this.#id = id;
  }

  pull(): void {
    this.#itemsWanted++;
    this.#wake();
  }

  stop(): void {
    this.#stopped.abort(new Error('Nobody waits for the task any more.'));
    this.#wake();
    this.#grant?.reject(this.#stopped.signal.reason);
  }

  granted(fault: CrossedError | undefined): void {
    if (fault) this.#grant?.reject(rebuilt(fault, [ThreadError]));
    else this.#grant?.resolve();
  }

  async run(task: Task | undefined, request: unknown): Promise<void> {
    const { signal } = this.#stopped;
    try {
      signal.throwIfAborted();
      if (!task) throw new Error('This is a bug: the thread does not know the task.');
      const result = await task(request, { signal, reserve: (bytes, work) => this.#reserve(bytes, work) });
      if (isStream(result)) await this.#stream(result);
      else this.#send('answer', result);
    } catch (error) {
      post(this.#port, { type: 'fault', id: this.#id, fault: crossed(error) });
    }
  }

  async #reserve<R>(bytes: number, work: () => R | Promise<R>): Promise<R> {
    this.#stopped.signal.throwIfAborted();
    if (bytes <= start().ownBytes) return work();
    await new Promise<void>((resolve, reject) => {
      this.#grant = { resolve, reject };
      post(this.#port, { type: 'reserve', id: this.#id, bytes });
    });
    try {
      return await work();
    } finally {
      post(this.#port, { type: 'give-back', id: this.#id });
    }
  }

  async #stream(items: AsyncIterable<unknown>): Promise<void> {
    for await (const item of items) {
      this.#send('item', item);
      this.#itemsWanted--;
      while (this.#itemsWanted <= 0 && !this.#stopped.signal.aborted) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      if (this.#stopped.signal.aborted) break;
    }
    this.#send('answer', undefined);
  }

  #send(type: 'item' | 'answer', result: unknown): void {
    const { value, buffers } = result instanceof Moved ? result : new Moved(result, []);
    post(this.#port, { type, id: this.#id, value }, buffers);
  }
}

function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

function post(port: MessagePort, message: FromThread, buffers: readonly ArrayBuffer[] = []): void {
  port.postMessage(message, [...buffers]);
}

function start(): ThreadStart {
  return workerData as ThreadStart;
}
