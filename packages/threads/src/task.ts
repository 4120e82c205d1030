import type { FromThread } from './tasks.js';

export interface TaskOptions {
  /** Once it is aborted the task rejects with its reason; a thread that works on it has a second to stop. */
  readonly signal?: AbortSignal | undefined;
  /** Waiting tasks of different callers take turns; those without a caller are one caller's. */
  readonly caller?: string | undefined;
  /** Buffers of the request that are moved, not copied. Such a task is not tried again when its thread dies. */
  readonly transfer?: readonly ArrayBuffer[] | undefined;
}

/** A task from its call to its answer. */
export interface Task {
  readonly id: number;
  readonly name: string;
  readonly request: unknown;
  readonly caller: string;
  readonly transfer: readonly ArrayBuffer[];
  /** Threads that may die over it before it is rejected. */
  livesLeft: number;
  /** Items that its thread owes; undefined for a task that does not stream, which owes its answer. */
  itemsOwed: number | undefined;
  /** Whether an item has come: a stream is not begun again. */
  hasItems: boolean;
  /** Whether its thread waits for bytes that it wants to reserve. */
  isWaiting: boolean;
  /** Aborted when that wait is over before the bytes were there. */
  waiting: AbortController;
  /** Nobody waits for it any more. */
  isAbandoned: boolean;
  readonly item: (value: unknown) => void;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Whether a thread that has the task works on it now, and waits neither for items to be taken nor for bytes. */
export function isOwed({ itemsOwed, isAbandoned, isWaiting }: Task): boolean {
  return isAbandoned || (!isWaiting && (itemsOwed === undefined || itemsOwed > 0));
}

/** What a thread said of a task. */
export type TaskMessage = Exclude<FromThread, { type: 'ready' }>;
