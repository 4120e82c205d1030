import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Operation, Scheduler, type SchedulerOptions, type ScoreRequest } from './scheduler.js';

const detector = (id: string) => ({ id, folder: `/models/${id}` });

function request(id: number, given: Partial<ScoreRequest> = {}): ScoreRequest {
  return { id, caller: 'a', detector: detector('d'), side: 224, alone: false, ...given };
}

/** Tells the scheduler that all went well; towers are named by the first letter of the detector. */
function succeed(scheduler: Scheduler, operation: Operation): void {
  if (operation.kind === 'resolve') scheduler.resolved(operation.detector.id[0]!);
  if (operation.kind === 'score') scheduler.scored();
  if (operation.kind === 'forget') scheduler.forgotten();
  if (operation.kind === 'open') scheduler.opened();
  if (operation.kind === 'advance') scheduler.advanced(false);
  if (operation.kind === 'close') scheduler.closed();
}

function step(scheduler: Scheduler): Operation | undefined {
  const operation = scheduler.next();
  if (operation) succeed(scheduler, operation);
  return operation;
}

/** The next operation that is no `resolve`. */
function stepOn(scheduler: Scheduler): Operation | undefined {
  for (;;) {
    const operation = step(scheduler);
    if (operation?.kind !== 'resolve') return operation;
  }
}

const ids = (operation: Operation | undefined) =>
  operation?.kind === 'score' ? operation.requests.map(({ id }) => id) : operation?.kind;

describe('scoring', () => {
  test('detectors of one tower share a batch, others do not', () => {
    const scheduler = new Scheduler();
    for (const [id, name] of ['x1', 'y1', 'x2'].entries())
      scheduler.score(request(id, { detector: detector(name) }), 0);
    expect([ids(stepOn(scheduler)), ids(stepOn(scheduler)), ids(stepOn(scheduler))]).toEqual([[0, 2], [1], undefined]);
  });

  test('a batch is the largest of the sizes that is full, within the budget of pixels', () => {
    const batches = (options: Partial<SchedulerOptions>) => {
      const scheduler = new Scheduler(options);
      for (let id = 0; id < 23; id++) scheduler.score(request(id), 0);
      const sizes: number[] = [];
      for (let batch = ids(stepOn(scheduler)); batch !== undefined; batch = ids(stepOn(scheduler)))
        sizes.push(batch.length);
      return sizes;
    };
    expect(batches({})).toEqual([16, 4, 2, 1]);
    expect(batches({ batchSizes: [1, 2, 4, 8] })).toEqual([8, 8, 4, 2, 1]);
    expect(batches({ batchSizes: [1, 2, 3] })).toEqual([3, 3, 3, 3, 3, 3, 3, 2]);
    expect(batches({ batchPixels: 5 * 224 * 224 })).toEqual([4, 4, 4, 4, 4, 2, 1]);
    expect(batches({ batchPixels: 1 })).toEqual(Array(23).fill(1));
  });

  test('callers take turns, so that one image is not behind a hundred of another caller', () => {
    const scheduler = new Scheduler();
    for (let id = 0; id < 100; id++) scheduler.score(request(id), 0);
    scheduler.score(request(100, { caller: 'b' }), 0);
    expect(ids(stepOn(scheduler))).toContain(100);
  });

  test('a failed batch runs again image by image, and only an image that fails by itself is given up', () => {
    const scheduler = new Scheduler();
    for (const id of [0, 1]) scheduler.score(request(id), 0);
    step(scheduler);
    scheduler.next();
    expect(scheduler.scoreFailed()).toEqual([]);
    step(scheduler);
    scheduler.next();
    expect(scheduler.scoreFailed().map(({ id }) => id)).toEqual([0]);
    expect(ids(stepOn(scheduler))).toEqual([1]);
  });

  test('what nobody waits for is dropped', () => {
    const scheduler = new Scheduler();
    for (const id of [0, 1]) scheduler.score(request(id), 0);
    expect(scheduler.cancel(0)).toBe(true);
    expect(ids(stepOn(scheduler))).toEqual([1]);
  });
});

describe('adaptations', () => {
  test('run one after the other, in order', () => {
    const scheduler = new Scheduler();
    for (const id of [1, 2, 3]) scheduler.adapt(id);
    expect(scheduler.cancel(2)).toBe(true);
    expect(step(scheduler)).toEqual({ kind: 'open', adaptation: 1 });
    expect(scheduler.next()).toEqual({ kind: 'advance', adaptation: 1 });
    scheduler.advanced(true);
    expect(step(scheduler)).toEqual({ kind: 'close', adaptation: 1, checkpoint: false });
    expect(step(scheduler)).toEqual({ kind: 'open', adaptation: 3 });
  });

  test('a cancelled one is closed at once, also when it is just being opened', () => {
    const scheduler = new Scheduler();
    scheduler.adapt(1);
    scheduler.adapt(2);
    scheduler.next();
    expect(scheduler.cancel(1)).toBe(false);
    scheduler.opened();
    expect(step(scheduler)).toEqual({ kind: 'close', adaptation: 1, checkpoint: false });
    expect([step(scheduler)?.kind, step(scheduler)?.kind]).toEqual(['open', 'advance']);
    scheduler.cancel(2);
    expect(step(scheduler)).toEqual({ kind: 'close', adaptation: 2, checkpoint: false });
  });

  test('one that cannot be opened makes room for the next', () => {
    const scheduler = new Scheduler();
    scheduler.adapt(1);
    scheduler.adapt(2);
    scheduler.next();
    scheduler.cancel(1);
    scheduler.openFailed();
    expect([step(scheduler), step(scheduler)]).toEqual([
      { kind: 'open', adaptation: 2 },
      { kind: 'advance', adaptation: 2 },
    ]);
  });

  test('one that waits for what others compute lets any number of scores go first, and is closed all the same', () => {
    const scheduler = new Scheduler({ scoresPerAdvance: 1, batchSizes: [1] });
    scheduler.adapt(1);
    scheduler.adapt(2);
    step(scheduler);
    scheduler.next();
    scheduler.advanced(false, true);
    for (const id of [5, 6, 7]) scheduler.score(request(id), 0);
    expect([stepOn(scheduler), stepOn(scheduler), stepOn(scheduler), stepOn(scheduler)].map(ids)).toEqual([
      [5],
      [6],
      [7],
      undefined,
    ]);
    scheduler.readyToAdvance(2);
    expect(step(scheduler)).toBeUndefined();
    scheduler.readyToAdvance(1);
    expect(scheduler.next()).toEqual({ kind: 'advance', adaptation: 1 });
    scheduler.advanced(false, true);
    scheduler.cancel(1);
    expect(step(scheduler)).toEqual({ kind: 'close', adaptation: 1, checkpoint: false });
    expect(step(scheduler)).toEqual({ kind: 'open', adaptation: 2 });
  });

  test('draining closes the open one with a checkpoint and starts nothing else', () => {
    const scheduler = new Scheduler();
    scheduler.adapt(1);
    scheduler.adapt(2);
    step(scheduler);
    scheduler.score(request(5), 0);
    scheduler.drain();
    expect(scheduler.drained).toBe(false);
    expect(step(scheduler)).toEqual({ kind: 'close', adaptation: 1, checkpoint: true });
    expect(scheduler.drained).toBe(true);
    expect(step(scheduler)).toBeUndefined();
  });
});

test('an outcome that does not belong to the operation under way is a bug', () => {
  const scheduler = new Scheduler();
  expect(() => scheduler.scored()).toThrow('bug');
  scheduler.adapt(1);
  scheduler.next();
  expect(() => scheduler.next()).toThrow('bug');
  expect(() => scheduler.advanced(true)).toThrow('bug');
});

describe('laws, over random histories', () => {
  const action = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('score' as const),
        caller: fc.constantFrom('a', 'b', 'c'),
        detector: fc.constantFrom('x1', 'x2', 'y1', 'z1'),
        side: fc.constantFrom(224, 336),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('adapt' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), of: fc.nat(40) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('ready' as const), of: fc.nat(40) }) },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('step' as const),
        fails: fc.boolean(),
        ends: fc.boolean(),
        waits: fc.boolean(),
      }),
    },
  );

  const options: SchedulerOptions = { batchSizes: [1, 2, 4, 8], batchPixels: 6 * 224 * 224, scoresPerAdvance: 3 };

  /** Plays a history, then lets everything run out; checks every operation on its way. */
  function play(actions: (typeof action extends fc.Arbitrary<infer A> ? A : never)[]) {
    const scheduler = new Scheduler(options);
    const scores = new Map<number, ScoreRequest>();
    const ended = new Map<number, string>();
    const queue: number[] = [];
    let open: number | undefined;
    let scoresSinceAdvance = 0;
    let lastTrained = false;
    let isHeld = false;
    let now = 0;
    let nextId = 0;

    const end = (id: number, how: string) => {
      expect(ended.has(id)).toBe(false);
      ended.set(id, how);
    };
    const waiting = () => [...scores.keys()].filter((id) => !ended.has(id));

    function checkBatch(operation: Extract<Operation, { kind: 'score' }>) {
      const batch = operation.requests;
      expect(options.batchSizes).toContain(batch.length);
      if (batch.length > 1) {
        expect(batch.reduce((sum, { side }) => sum + side ** 2, 0)).toBeLessThanOrEqual(options.batchPixels);
        expect(batch.some(({ alone }) => alone)).toBe(false);
      }
      expect(new Set(batch.map(({ detector, side }) => detector.id[0]! + side)).size).toBe(1);
      for (const { id } of batch) expect(ended.has(id)).toBe(false);
    }

    function ready(id: number) {
      scheduler.readyToAdvance(id);
      if (id === open) isHeld = false;
    }

    function run({ fails, ends, waits }: { fails: boolean; ends: boolean; waits: boolean }): boolean {
      now++;
      const trainingWaits = !isHeld && (open !== undefined || queue.length > 0);
      const operation = scheduler.next();
      if (!operation) {
        expect(waiting()).toEqual([]);
        expect(trainingWaits).toBe(false);
        return false;
      }
      if (operation.kind === 'resolve' || operation.kind === 'score') {
        if (trainingWaits) expect(scoresSinceAdvance).toBeLessThan(options.scoresPerAdvance);
        scoresSinceAdvance = trainingWaits ? scoresSinceAdvance + 1 : 0;
      }
      if (operation.kind === 'open' || operation.kind === 'advance') {
        if (waiting().length > 0) expect(lastTrained).toBe(false);
        scoresSinceAdvance = 0;
      }
      lastTrained = operation.kind === 'open' || operation.kind === 'advance';
      if (operation.kind === 'score') checkBatch(operation);
      if (operation.kind === 'score' && fails) {
        for (const { id } of scheduler.scoreFailed()) end(id, 'failed');
      } else if (operation.kind === 'score') {
        for (const { id } of operation.requests) end(id, 'scored');
        scheduler.scored();
      } else if (operation.kind === 'resolve' && fails) {
        for (const { id } of operation.requests) end(id, 'failed');
        scheduler.resolveFailed();
      } else if (operation.kind === 'open') {
        expect(open).toBeUndefined();
        expect(operation.adaptation).toBe(queue.shift());
        if (fails) {
          scheduler.openFailed();
          end(operation.adaptation, 'failed');
        } else {
          scheduler.opened();
          open = operation.adaptation;
        }
      } else if (operation.kind === 'advance') {
        expect(operation.adaptation).toBe(open);
        expect(isHeld).toBe(false);
        scheduler.advanced(ends, waits);
        isHeld = waits;
      } else if (operation.kind === 'close') {
        expect(operation).toEqual({ kind: 'close', adaptation: open, checkpoint: false });
        end(operation.adaptation, 'closed');
        scheduler.closed();
        open = undefined;
        isHeld = false;
      } else {
        succeed(scheduler, operation);
      }
      return true;
    }

    for (const each of actions) {
      if (each.do === 'score') {
        const score = request(nextId++, {
          caller: each.caller,
          detector: detector(each.detector),
          side: each.side,
        });
        scores.set(score.id, score);
        scheduler.score(score, now);
      } else if (each.do === 'adapt') {
        queue.push(nextId);
        scheduler.adapt(nextId++);
      } else if (each.do === 'forget') {
        scheduler.forget('x1');
      } else if (each.do === 'cancel') {
        const isWaiting = queue.includes(each.of) || waiting().includes(each.of);
        expect(scheduler.cancel(each.of)).toBe(isWaiting);
        if (isWaiting) end(each.of, 'cancelled');
        if (queue.includes(each.of)) queue.splice(queue.indexOf(each.of), 1);
      } else if (each.do === 'ready') {
        ready(each.of);
      } else {
        run(each);
      }
      expect(scheduler.waitsToAdvance).toBe(isHeld);
      expect(scheduler.gauges).toEqual({
        waitingScores: waiting().length,
        waitingAdaptations: queue.length,
        adaptationOpen: open !== undefined,
      });
    }
    let steps = 0;
    if (open !== undefined) ready(open);
    while (run({ fails: false, ends: true, waits: false })) expect(steps++).toBeLessThan(10 * actions.length + 10);
    expect(ended.size).toBe(nextId);
  }

  test('everything asked for ends exactly once; batches keep shape, budget and tower; training and scores alternate', () => {
    fc.assert(fc.property(fc.array(action, { maxLength: 60 }), play), { numRuns: 500 });
  });

  test('every group is served within as many batches as there are groups, and callers stay in order', () => {
    const scores = fc.array(
      fc.record({ caller: fc.constantFrom('a', 'b', 'c'), tower: fc.constantFrom('x', 'y', 'z') }),
      { minLength: 1, maxLength: 80 },
    );
    fc.assert(
      fc.property(scores, (given) => {
        const scheduler = new Scheduler(options);
        for (const [id, { caller, tower }] of given.entries()) {
          scheduler.score(request(id, { caller, detector: detector(tower) }), 0);
        }
        const left = new Map<string, number>();
        for (const { tower } of given) left.set(tower, (left.get(tower) ?? 0) + 1);
        const lastServed = new Map([...left.keys()].map((tower) => [tower, 0]));
        const lastOf = new Map<string, number>();
        let turn = 0;
        for (let operation = stepOn(scheduler); operation?.kind === 'score'; operation = stepOn(scheduler)) {
          turn++;
          for (const { id, caller, detector } of operation.requests) {
            const own = caller + detector.id;
            expect(id).toBeGreaterThan(lastOf.get(own) ?? -1);
            lastOf.set(own, id);
            left.set(detector.id, left.get(detector.id)! - 1);
            lastServed.set(detector.id, turn);
          }
          for (const [tower, count] of left) {
            if (count > 0) expect(turn - lastServed.get(tower)!).toBeLessThan(left.size);
          }
        }
        expect([...left.values()].every((count) => count === 0)).toBe(true);
      }),
    );
  });
});
