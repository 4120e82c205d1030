import { getPriority } from 'node:os';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ByteBudget } from './byte-budget.js';
import { TaskPool, type TaskPoolOptions } from './task-pool.js';
import { TrialError } from './testing/trial-error.js';
import type { TrialData, TrialTasks } from './testing/trial-thread.js';
import { ThreadError } from './thread-error.js';

const entry = new URL('../dist/testing/trial-thread.js', import.meta.url);
let shared: Int32Array;
beforeEach(() => {
  shared = new Int32Array(new SharedArrayBuffer(32));
});

const pools: TaskPool<TrialTasks>[] = [];
afterEach(async () => {
  Atomics.store(shared, 2, 1);
  Atomics.notify(shared, 2);
  const closed = pools.splice(0);
  await Promise.all(closed.map((pool) => pool.close()));
  expect(closed.map(({ liveThreads }) => liveThreads)).toEqual(closed.map(() => 0));
});

function poolOf(threads: number, options: Partial<TaskPoolOptions> = {}, start?: TrialData['start']) {
  const data: TrialData = { shared, ...(start && { start }) };
  const pool = new TaskPool<TrialTasks>({ entry, threads, data, errors: [TrialError], ...options });
  pools.push(pool);
  return pool;
}

/** Waits until one of the shared integers has at least a value. */
async function until(index: number, value: number): Promise<void> {
  while (Atomics.load(shared, index) < value) await turn();
}

const outcome = (task: Promise<unknown>) =>
  task.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );

describe('tasks', () => {
  test('are all answered, by no more threads than there may be, in their order', async () => {
    const pool = poolOf(2);
    const values = Array.from({ length: 20 }, (_, index) => `task ${index}`);
    const answers = await Promise.all(values.map((value) => pool.run('echo', value)));
    expect(answers.map(({ value }) => value)).toEqual(values);
    expect(new Set(answers.map(({ threadId }) => threadId)).size).toBeLessThanOrEqual(2);
    expect(pool.liveThreads).toBe(2);
  });

  test('give and take buffers without a copy', async () => {
    const { buffer } = Uint8Array.of(1, 2, 3);
    const answer = await poolOf(1).run('moved', buffer, { transfer: [buffer] });
    expect([buffer.byteLength, [...new Uint8Array(answer)]]).toEqual([0, [1, 2, 3]]);
  });

  test('whose thread cannot be started fail, whoever asks for it, and the pool goes on', async () => {
    let starts = 0;
    // Read at each start of a thread, and thrown there as what the system says that has no room for one.
    const data = {
      shared,
      get start() {
        starts++;
        if (starts === 2 || starts === 3) throw new Error('EAGAIN');
        return undefined;
      },
    };
    const pool = poolOf(1, { data });
    const died = outcome(pool.run('exit', 5));
    // It waits until the thread is gone, and another would be started by the event of its end.
    const waiting = outcome(pool.run('echo', 1));
    expect(await died).toMatchObject({ error: { code: 'thread-ended' } });
    expect(await waiting).toMatchObject({ error: { code: 'no-thread', cause: { message: 'EAGAIN' } } });
    expect(await outcome(pool.run('echo', 2))).toMatchObject({ error: { code: 'no-thread' } });
    expect(await pool.run('echo', 3)).toMatchObject({ value: 3 });
  });

  test('that cannot be sent, or whose answer cannot, fail alone', async () => {
    const pool = poolOf(1);
    await expect(pool.run('echo', () => 0)).rejects.toMatchObject({ name: 'DataCloneError' });
    await expect(pool.run('unsendable', undefined as never)).rejects.toMatchObject({ name: 'DataCloneError' });
    expect((await pool.run('echo', 1)).value).toBe(1);
  });

  test('their errors come back as what they were', async () => {
    const pool = poolOf(1);
    const { error } = (await outcome(pool.run('fail', { code: 'bad', message: 'no good' }))) as { error: TrialError };
    expect(error).toBeInstanceOf(TrialError);
    expect(error).toMatchObject({ name: 'TrialError', code: 'bad', message: 'no good' });
    expect(error.cause).toBeInstanceOf(RangeError);
    await expect(pool.run('failPlainly', 'range')).rejects.toBeInstanceOf(RangeError);
    await expect(pool.run('failPlainly', 'string')).rejects.toThrow('a string');
  });
});

describe('a thread that dies', () => {
  test.each([
    ['exit', (pool: TaskPool<TrialTasks>) => pool.run('exit', 3), 'ended with code 3'],
    ['crash', (pool: TaskPool<TrialTasks>) => pool.run('crash', 'out of luck'), 'out of luck'],
  ])('(%s) fails its own task only', async (_, kill, message) => {
    const pool = poolOf(3);
    const values = Array.from({ length: 30 }, (_, index) => index);
    const early = values.map((value) => pool.run('echo', value));
    const killed = outcome(kill(pool));
    const late = values.map((value) => pool.run('echo', value));
    const { error } = (await killed) as { error: Error };
    expect(error).toBeInstanceOf(ThreadError);
    expect(error).toMatchObject({ code: 'thread-ended', message: expect.stringContaining(message) });
    expect((await Promise.all([...early, ...late])).map(({ value }) => value)).toEqual([...values, ...values]);
  });

  test('does not take the requests that come while it goes, and close() leaves no thread', async () => {
    const pool = poolOf(1);
    let isOver = false;
    const crash = outcome(pool.run('crash', 'out of luck')).then((end) => {
      isOver = true;
      return end;
    });
    const answers: Promise<unknown>[] = [];
    while (!isOver) {
      answers.push(pool.run('echo', 'innocent'));
      await turn();
      if (answers.length > 500) await crash;
    }
    expect(await crash).toMatchObject({ error: { message: expect.stringContaining('out of luck') } });
    const outcomes = await Promise.all(answers.map(outcome));
    expect(outcomes.filter((end) => 'error' in end)).toEqual([]);
    await pool.close();
    expect(pool.liveThreads).toBe(0);
  });

  test('after its answer has come costs no task anything', async () => {
    const pool = poolOf(1);
    for (let round = 0; round < 5; round++) {
      await pool.run('answerAndCrash', undefined as never);
      expect(await pool.run('echo', round)).toMatchObject({ value: round });
    }
  });

  test('over a task that may be tried again does not fail it until it has died once too often', async () => {
    const pool = poolOf(2, { retries: 1, tasksAhead: 8 });
    shared[3] = 1;
    const [again, ...others] = await Promise.all([
      pool.run('dieWhile', 'done'),
      ...[1, 2, 3, 4].map((value) => pool.run('echo', value)),
    ]);
    expect([again, others.map(({ value }) => value)]).toEqual(['done', [1, 2, 3, 4]]);
    shared[3] = 2;
    const outcomes = await Promise.all([
      outcome(pool.run('dieWhile', 'never')),
      ...[1, 2, 3, 4].map((value) => outcome(pool.run('echo', value))),
    ]);
    expect(outcomes[0]).toMatchObject({ error: { code: 'thread-ended' } });
    expect(outcomes.slice(1)).toEqual([1, 2, 3, 4].map((value) => ({ value: expect.objectContaining({ value }) })));
  });

  test.each(['throw', 'exit'] as const)(
    'while it starts (%s) fails each task once and is not started for ever',
    async (how) => {
      const pool = poolOf(1, { retries: 1, tasksAhead: 1 }, how);
      const outcomes = await Promise.all([1, 2, 3].map((value) => outcome(pool.run('echo', value))));
      for (const end of outcomes) expect(end).toMatchObject({ error: { code: 'thread-ended' } });
      await expect(poolOf(2, {}, how).start()).rejects.toThrow(how === 'throw' ? 'broken entry' : 'code 5');
    },
  );

  test('ends a pool whose threads hold state', async () => {
    const pool = poolOf(1, { isStateful: true });
    const outcomes = [pool.run('echo', 1), pool.run('exit', 3), pool.run('echo', 2)].map(outcome);
    expect(await Promise.all(outcomes)).toMatchObject([
      { value: { value: 1 } },
      { error: { code: 'thread-ended' } },
      { error: { code: 'thread-ended' } },
    ]);
    await expect(pool.run('echo', 3)).rejects.toMatchObject({ code: 'thread-ended' });
  });
});

describe('limits', () => {
  test('a task that takes too long is ended, and the next one is done', async () => {
    const pool = poolOf(1, { timeoutMs: 300 });
    const [hang, next] = [outcome(pool.run('hang', undefined as never)), pool.run('echo', 'next')];
    expect(await hang).toMatchObject({ error: { name: 'ThreadError', code: 'timed-out' } });
    expect((await next).value).toBe('next');
  });

  test('a task that cannot wait is refused, and those that wait are done', async () => {
    const pool = poolOf(1, { maximumWaiting: 2 });
    const held = pool.run('gate', undefined as never);
    await until(0, 1);
    const waiting = [pool.run('echo', 1), pool.run('echo', 2)];
    await expect(pool.run('echo', 3)).rejects.toMatchObject({ code: 'queue-full' });
    Atomics.store(shared, 2, 1);
    Atomics.notify(shared, 2);
    await held;
    expect((await Promise.all(waiting)).map(({ value }) => value)).toEqual([1, 2]);
  });

  test('threads without work end, and start again with the next task', async () => {
    const pool = poolOf(1, { idleMs: 1 });
    const { threadId } = await pool.run('echo', 1);
    while (pool.liveThreads > 0) await turn();
    expect((await pool.run('echo', 2)).threadId).not.toBe(threadId);
  });

  test('callers take turns, each in the order of its calls', async () => {
    const pool = poolOf(1);
    const held = pool.run('gate', undefined as never);
    await until(0, 1);
    const order: string[] = [];
    const all = ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1'].map(async (name) => {
      await pool.run('echo', name, { caller: name[0] });
      order.push(name);
    });
    Atomics.store(shared, 2, 1);
    Atomics.notify(shared, 2);
    await Promise.all([held, ...all]);
    expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
  });
});

describe('abort', () => {
  const reason = new Error('no longer wanted');

  test('before, while it waits, and while it runs', async () => {
    const pool = poolOf(1);
    await expect(pool.run('echo', 1, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const [running, waiting] = [new AbortController(), new AbortController()];
    const tasks = [
      outcome(pool.run('untilStopped', null, { signal: running.signal })),
      outcome(pool.run('echo', 'never sent', { signal: waiting.signal })),
    ];
    await until(0, 1);
    waiting.abort(reason);
    expect(pool.waitingTasks).toBe(0);
    running.abort(reason);
    expect(await Promise.all(tasks)).toEqual([{ error: reason }, { error: reason }]);
    expect(await pool.run('echo', 2)).toMatchObject({ value: 2 });
    expect(shared[1]).toBe(1);
  });

  test('a task that does not stop loses its thread, not the place of others', async () => {
    const pool = poolOf(1);
    const controller = new AbortController();
    const hang = outcome(pool.run('gate', undefined as never, { signal: controller.signal }));
    await until(0, 1);
    const next = pool.run('echo', 'next');
    controller.abort(reason);
    expect(await hang).toEqual({ error: reason });
    expect((await next).value).toBe('next');
  });

  test('closing rejects what is not done and takes no more', async () => {
    const pool = poolOf(1);
    const tasks = [pool.run('hang', undefined as never), pool.run('echo', 'waits')].map(outcome);
    await pool.close();
    for (const end of await Promise.all(tasks)) expect(end).toMatchObject({ error: { code: 'pool-closed' } });
    await expect(pool.run('echo', 'more')).rejects.toMatchObject({ code: 'pool-closed' });
  });
});

describe('a stream', () => {
  test('brings its items in order, and no more are made than two beyond those that are done with', async () => {
    const pool = poolOf(1);
    const taken: number[] = [];
    for await (const item of pool.stream('count', { items: 50 })) {
      taken.push(item);
      await turn();
      expect(Atomics.load(shared, 4)).toBeLessThanOrEqual(taken.length - 1 + 2);
    }
    expect(taken).toEqual(Array.from({ length: 50 }, (_, index) => index));
    expect((await pool.run('echo', 1)).value).toBe(1);
  });

  test('that is not taken waits', async () => {
    const pool = poolOf(1, { timeoutMs: 200 });
    const stream = pool.stream('count', { items: 5 });
    expect(await stream.next()).toEqual({ done: false, value: 0 });
    await until(4, 2);
    const late = outcome(pool.run('echo', 'late'));
    expect(pool.waitingTasks).toBe(1);
    const rest: number[] = [];
    for await (const item of stream) rest.push(item);
    expect(rest).toEqual([1, 2, 3, 4]);
    expect(await late).toMatchObject({ value: { value: 'late' } });
  });

  test('that is left early is ended in its thread', async () => {
    const pool = poolOf(1);
    for await (const item of pool.stream('count', { items: 50 })) if (item === 3) break;
    await until(5, 1);
    expect(Atomics.load(shared, 4)).toBeLessThanOrEqual(5);
    expect((await pool.run('echo', 1)).value).toBe(1);
  });

  test('fails as its task does: by an error, by time, by death of its thread, by abort', async () => {
    const pool = poolOf(1, { timeoutMs: 300 });
    const all = async (items: AsyncIterable<number>) => {
      for await (const _ of items);
    };
    const failing = await outcome(all(pool.stream('count', { items: 5, failAt: 3 })));
    expect(failing).toMatchObject({ error: { name: 'TrialError', code: 'item', message: 'no item 3' } });
    const hanging = await outcome(all(pool.stream('count', { items: 5, hangAt: 1 })));
    expect(hanging).toMatchObject({ error: { code: 'timed-out' } });
    const controller = new AbortController();
    const aborted = pool.stream('count', { items: 50 }, { signal: controller.signal });
    await aborted.next();
    controller.abort(new Error('gone'));
    await expect(all(aborted)).rejects.toThrow('gone');
    expect((await pool.run('echo', 1)).value).toBe(1);
    const closed = pool.stream('count', { items: 50 });
    await closed.next();
    await pool.close();
    await expect(all(closed)).rejects.toMatchObject({ code: 'pool-closed' });
  });
});

if (process.platform !== 'linux') console.warn('NOT RUN: the niceness of threads, which only Linux has.');
const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('threads give way to others as they are told, and the rest of the process does not', async () => {
  const before = getPriority();
  const niceness = Math.min(before + 3, 19);
  expect(await poolOf(1, { niceness }).run('niceness', undefined as never)).toBe(niceness);
  expect(await poolOf(1).run('niceness', undefined as never)).toBe(before);
  expect(getPriority()).toBe(before);
});

test('a pool without threads is refused', () => {
  expect(() => poolOf(0)).toThrow(RangeError);
});

describe('bytes that tasks reserve', () => {
  test('are never more than the budget, though more threads are free', async () => {
    const budget = new ByteBudget({ bytes: 10 });
    const pool = poolOf(4, { budget });
    await Promise.all(Array.from({ length: 12 }, () => pool.run('hold', { bytes: 5 })));
    expect([Atomics.load(shared, 7), budget.takenBytes]).toEqual([2, 0]);
  });

  test('are had at once where they are no more than the thread has of its own', async () => {
    const budget = new ByteBudget({ bytes: 10 });
    const pool = poolOf(2, { budget, ownBytes: 5 });
    const lease = await budget.take(10);
    await pool.run('hold', { bytes: 5 });
    const more = pool.run('hold', { bytes: 6 });
    await pool.run('hold', { bytes: 5 });
    expect(Atomics.load(shared, 7)).toBe(1);
    lease.giveBack();
    await more;
    expect(budget.takenBytes).toBe(0);
  });

  test('come back from a thread that dies over them', async () => {
    const budget = new ByteBudget({ bytes: 10 });
    const pool = poolOf(2, { budget });
    await expect(pool.run('hold', { bytes: 10, dies: true })).rejects.toMatchObject({ code: 'thread-ended' });
    Atomics.store(shared, 6, 0);
    await pool.run('hold', { bytes: 10 });
    expect(budget.takenBytes).toBe(0);
  });

  test('are waited for without end, unless the task is given up, and others then come to their turn', async () => {
    const budget = new ByteBudget({ bytes: 10 });
    const pool = poolOf(1, { budget, timeoutMs: 50 });
    const lease = await budget.take(10);
    const gone = new AbortController();
    const given = outcome(pool.run('hold', { bytes: 1 }, { signal: gone.signal }));
    // Longer than the limit of a task; the thread waits for bytes all the time.
    await pause(120);
    const other = pool.run('hold', { bytes: 2 });
    gone.abort(new Error('given up'));
    expect(await given).toMatchObject({ error: { message: 'given up' } });
    lease.giveBack();
    await other;
    expect([budget.takenBytes, pool.liveThreads]).toEqual([0, 1]);
  });
});
