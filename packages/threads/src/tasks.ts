import type { CrossedError } from './crossed-error.js';
import type { Moved } from './move.js';

/** What a task is told besides its request. */
export interface TaskContext {
  /** Aborted when nobody waits for the answer any more; a task that does not stop then soon loses its thread. */
  readonly signal: AbortSignal;
  /**
   * Does `work` once the task has `bytes` of the thread's own or of the pool's budget, which are free again after
   * it. One at a time. What waits for them does not count as the task's time. Rejects with the ThreadError `queue-full`
   * when too many wait.
   */
  reserve<R>(bytes: number, work: () => R | Promise<R>): Promise<R>;
}

/** The tasks of a thread by their names. A task that returns an AsyncIterable streams its items. */
export type Tasks = Readonly<Record<string, (request: never, context: TaskContext) => unknown>>;

type Unmoved<T> = T extends Moved<infer Value> ? Value : T;

export type Request<T extends Tasks, Name extends keyof T> = Parameters<T[Name]>[0];
export type Answer<T extends Tasks, Name extends keyof T> = Unmoved<Awaited<ReturnType<T[Name]>>>;
export type Item<T extends Tasks, Name extends keyof T> =
  ReturnType<T[Name]> extends AsyncIterable<infer Value> ? Unmoved<Value> : never;
export type StreamName<T extends Tasks> = {
  [Name in keyof T]: ReturnType<T[Name]> extends AsyncIterable<unknown> ? Name : never;
}[keyof T] &
  string;

/**
 * From the pool to a thread. `pull` asks for one more item of a stream; `stop` says that nobody waits for the task;
 * `granted` that it has the bytes, or why not.
 */
export type ToThread =
  | { readonly type: 'task'; readonly id: number; readonly name: string; readonly request: unknown }
  | { readonly type: 'pull'; readonly id: number }
  | { readonly type: 'granted'; readonly id: number; readonly fault: CrossedError | undefined }
  | { readonly type: 'stop'; readonly id: number };

/** From a thread to the pool. After `answer` or `fault` the thread is through with the task. */
export type FromThread =
  | { readonly type: 'ready' }
  | { readonly type: 'item'; readonly id: number; readonly value: unknown }
  | { readonly type: 'reserve'; readonly id: number; readonly bytes: number }
  | { readonly type: 'give-back'; readonly id: number }
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'fault'; readonly id: number; readonly fault: CrossedError };

/** What a thread starts with. */
export interface ThreadStart {
  readonly data: unknown;
  /** What a task may take without reserving it. */
  readonly ownBytes: number;
  readonly niceness: number;
  /** One integer: the id of the task that the thread has begun last. It can be read when the thread has died. */
  readonly begun: Int32Array;
}

/** Items of a stream that a thread makes before the first is done with. */
export const itemsAhead = 2;
