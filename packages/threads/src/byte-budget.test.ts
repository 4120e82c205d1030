import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ByteBudget, type Lease } from './byte-budget.js';

/** Takes bytes and notes in `order` when it has them. */
function taken(budget: ByteBudget, bytes: number, name: string, order: string[], signal?: AbortSignal): Promise<Lease> {
  return budget.take(bytes, { caller: name[0], signal }).then((lease) => {
    order.push(name);
    return lease;
  });
}

describe('a budget of bytes', () => {
  test('never has more taken than it has, gives every byte back, and serves everybody', async () => {
    const sizes = fc.array(fc.record({ bytes: fc.nat(150), caller: fc.constantFrom('a', 'b', 'c') }), {
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(sizes, async (wanted) => {
        const budget = new ByteBudget({ bytes: 100 });
        let served = 0;
        await Promise.all(
          wanted.map(({ bytes, caller }) =>
            budget.with(bytes, { caller }, async () => {
              expect(budget.takenBytes).toBeLessThanOrEqual(100);
              await turn();
              served++;
            }),
          ),
        );
        expect([served, budget.takenBytes]).toEqual([wanted.length, 0]);
      }),
      { numRuns: 30 },
    );
  });

  test('lets callers take turns, and nobody overtake the one whose turn it is', async () => {
    const budget = new ByteBudget({ bytes: 10 });
    const order: string[] = [];
    const first = await taken(budget, 6, 'a1', order);
    const waiting = ['a2', 'a3', 'a4', 'b1'].map((name) => taken(budget, name === 'a2' ? 10 : 1, name, order));
    expect(budget.takeNow(1)).toBeUndefined();
    first.giveBack();
    (await waiting[0])!.giveBack();
    await Promise.all(waiting);
    expect(order).toEqual(['a1', 'a2', 'b1', 'a3', 'a4']);
  });

  test('forgets who has gone, whoever it is', async () => {
    const budget = new ByteBudget({ bytes: 10 });
    const order: string[] = [];
    const lease = await taken(budget, 10, 'a1', order);
    const [next, later] = [new AbortController(), new AbortController()];
    const gone = [taken(budget, 9, 'a2', order, next.signal), taken(budget, 9, 'a3', order, later.signal)];
    const last = taken(budget, 3, 'a4', order);
    later.abort(new Error('gone'));
    next.abort(new Error('gone'));
    for (const one of gone) await expect(one).rejects.toThrow('gone');
    lease.giveBack();
    lease.giveBack();
    (await last).giveBack();
    expect([order, budget.takenBytes]).toEqual([['a1', 'a4'], 0]);
  });

  test('turns away whom there is no place to wait for, and who has waited as long as it may', async () => {
    const budget = new ByteBudget({ bytes: 10, maximumWaiting: 2, longestWaitMs: 1 });
    await budget.take(10);
    const waiting = [budget.take(1), budget.take(1), budget.take(1)];
    for (const one of waiting) await expect(one).rejects.toMatchObject({ name: 'ThreadError', code: 'queue-full' });
  });
});

test('a lease in pieces grows as long as there is room and nobody waits, and gives all of it back', async () => {
  const budget = new ByteBudget({ bytes: 10 });
  const lease = budget.takeInPieces();
  expect([lease.grow(4), lease.grow(6), lease.grow(1), budget.takenBytes]).toEqual([true, true, false, 10]);
  const other = budget.take(3);
  lease.giveBack();
  (await other).giveBack();
  expect([lease.grow(1), budget.takenBytes]).toEqual([false, 0]);
});
