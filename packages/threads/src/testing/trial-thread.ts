/** A thread for tests: it echoes, fails, dies, hangs and streams as it is told. */
import { getPriority } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import { move } from '../move.js';
import { serveTasks, threadData } from '../serve-tasks.js';
import type { TaskContext } from '../tasks.js';
import { TrialError } from './trial-error.js';

/** Integers that all threads of a pool and the test share. */
export interface TrialData {
  readonly shared: Int32Array;
  /** The thread fails while it starts: by an error, or by ending. */
  readonly start?: 'throw' | 'exit';
}

const { shared, start } = threadData<TrialData>();
if (start === 'throw') throw new Error('broken entry');
if (start === 'exit') process.exit(5);

const tasks = {
  echo: (value: unknown) => ({ value, threadId }),
  moved: (buffer: ArrayBuffer) => move(buffer, [buffer]),
  fail: ({ code, message }: { readonly code: string; readonly message: string }) => {
    throw new TrialError(code, message, { cause: new RangeError('the cause') });
  },
  failPlainly: (what: 'string' | 'range') => {
    if (what === 'string') throw 'a string';
    throw new RangeError('out of range');
  },
  unsendable: () => () => 0,
  exit: (code: number) => process.exit(code),
  /** An error that nobody can catch; the task does not end. */
  crash: (message: string) => {
    setImmediate(() => {
      throw new Error(message);
    });
    return new Promise(() => {});
  },
  /** Answers, and dies a moment later. */
  answerAndCrash: () => {
    setImmediate(() => {
      throw new Error('too late');
    });
    return threadId;
  },
  hang: () => {
    for (;;);
  },
  /** Counts its begin in `shared[0]` and works until it is stopped, which it counts in `shared[1]`. */
  untilStopped: async (_: null, { signal }: TaskContext) => {
    Atomics.add(shared, 0, 1);
    Atomics.notify(shared, 0);
    await pause(600_000, undefined, { signal }).catch(() => undefined);
    Atomics.add(shared, 1, 1);
  },
  /** Holds the thread until `shared[2]` is set, whatever happens. */
  gate: () => {
    Atomics.add(shared, 0, 1);
    Atomics.notify(shared, 0);
    Atomics.wait(shared, 2, 0);
  },
  niceness: () => getPriority(),
  /** Dies so many times, counted down in `shared[3]`, then answers. */
  dieWhile: (message: string) => {
    if (Atomics.sub(shared, 3, 1) > 0) process.exit(1);
    return message;
  },
  /**
   * Counts those that hold bytes in `shared[6]`, and the most of them at once in `shared[7]`; ends the thread if it is
   * told to.
   */
  hold: async ({ bytes, dies = false }: { bytes: number; dies?: boolean }, { reserve }: TaskContext) =>
    reserve(bytes, async () => {
      const holding = Atomics.add(shared, 6, 1) + 1;
      if (holding > Atomics.load(shared, 7)) Atomics.store(shared, 7, holding);
      if (dies) process.exit(1);
      await pause(5);
      Atomics.sub(shared, 6, 1);
    }),
  /** Counts the items that it has made in `shared[4]`, and the end of the stream in `shared[5]`. */
  count: async function* ({ items, failAt, hangAt }: { items: number; failAt?: number; hangAt?: number }) {
    try {
      for (let item = 0; item < items; item++) {
        if (item === failAt) throw new TrialError('item', `no item ${item}`);
        if (item === hangAt) for (;;);
        Atomics.add(shared, 4, 1);
        yield item;
      }
    } finally {
      Atomics.add(shared, 5, 1);
      Atomics.notify(shared, 5);
    }
  },
};

export type TrialTasks = typeof tasks;
serveTasks(tasks);
