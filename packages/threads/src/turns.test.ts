import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Turns } from './turns.js';

interface Item {
  readonly caller: string;
  readonly number: number;
}

const callers = ['a', 'b', 'c'];
const steps = fc.array(fc.oneof(fc.record({ add: fc.constantFrom(...callers) }), fc.constant('take' as const)), {
  maxLength: 60,
});

describe('turns', () => {
  test('give each caller its items in order, and never two turns of another while it waits', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const turns = new Turns<Item>();
        const waiting: Record<string, number[]> = { a: [], b: [], c: [] };
        /** By caller that waits: how often each other was served since. */
        const passed = new Map<string, Map<string, number>>();
        taken.forEach((step, number) => {
          if (step !== 'take') {
            const { add: caller } = step;
            turns.add({ caller, number });
            if (waiting[caller]!.push(number) === 1) passed.set(caller, new Map());
          } else {
            const item = turns.take();
            if (item === undefined) expect(Object.values(waiting).flat()).toEqual([]);
            else {
              expect(item.number).toBe(waiting[item.caller]!.shift());
              if (waiting[item.caller]!.length === 0) passed.delete(item.caller);
              else passed.set(item.caller, new Map());
              for (const [caller, others] of passed) {
                if (caller === item.caller) continue;
                const count = (others.get(item.caller) ?? 0) + 1;
                expect(count).toBeLessThan(2);
                others.set(item.caller, count);
              }
            }
          }
          expect(turns.size).toBe(Object.values(waiting).flat().length);
        });
      }),
    );
  });
});
