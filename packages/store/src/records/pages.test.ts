import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { v7 } from 'uuid';
import { InvalidCursor } from '../errors.js';
import { collect, testStore } from '../testing/test-store.js';
import { idBoundary, isId, newId, timeOfId } from './ids.js';
import { foldersOf, newestFirst, pageOf } from './pages.js';

describe('ids', () => {
  test('carry their time and sort by it', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 47), fc.nat(2 ** 47), (a, b) => {
        const id = v7({ msecs: a });
        expect(isId(id)).toBe(true);
        expect(timeOfId(id)).toBe(a);
        expect(idBoundary(b) > id).toBe(b > a);
      }),
    );
  });

  test('of one process rise', () => {
    const ids = Array.from({ length: 1000 }, newId);
    expect([...ids].sort()).toEqual(ids);
    expect(isId(ids[0]!.toUpperCase())).toBe(false);
  });
});

describe('pages', () => {
  /** What happens between two pages: an item is added, or the one at this place is deleted. */
  const change = fc.oneof(fc.constant('add' as const), fc.nat(30));

  test('of a list that a filter leaves little of look at 1,000 items each, and give what passes exactly once', async () => {
    const ids = Array.from({ length: 2500 }, newId);
    const passing = new Set([ids[7], ids[1700], ids[1701], ids[2499]]);
    const idsBehind = async function* (cursor: string | undefined) {
      yield* ids.filter((id) => cursor === undefined || id > cursor);
    };
    const seen: string[] = [];
    const loads: number[] = [];
    let cursor: string | undefined;
    do {
      let loaded = 0;
      const load = async (id: string) => {
        loaded++;
        return passing.has(id) ? { id } : undefined;
      };
      const page = await pageOf(idsBehind, load, { limit: 10, cursor });
      seen.push(...page.items.map(({ id }) => id));
      loads.push(loaded);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(seen).toEqual([...passing]);
    expect(loads).toHaveLength(3);
    expect(Math.max(...loads)).toBeLessThan(1020);
  });

  for (const order of ['newest first', 'oldest first']) {
    test(`${order}: an item that is there all the time appears exactly once, whatever is added and deleted`, async () => {
      const { objects } = testStore();
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.nat(9),
          fc.integer({ min: 1, max: 4 }),
          fc.array(fc.array(change, { maxLength: 3 }), { maxLength: 8 }),
          async (initial, limit, changes) => {
            const folder = `run-${runs++}/`;
            const present = new Set<string>();
            const add = async () => {
              const id = newId();
              await objects.put(`${folder}${id}/x`, new Uint8Array());
              present.add(id);
            };
            for (let i = 0; i < initial; i++) await add();
            const allTheTime = new Set(present);
            const seen: string[] = [];
            let cursor: string | undefined;
            let round = 0;
            do {
              const page = await pageOf(
                (last) =>
                  order === 'newest first' ? newestFirst(objects, folder, last) : foldersOf(objects, folder, last),
                async (id) => (present.has(id) ? { id } : undefined),
                { limit, cursor },
              );
              expect(page.items.length).toBeLessThanOrEqual(limit);
              if (page.nextCursor) expect(page.items).toHaveLength(limit);
              seen.push(...page.items.map(({ id }) => id));
              cursor = page.nextCursor;
              for (const step of changes[round++] ?? []) {
                const victim = step === 'add' ? undefined : [...present][step];
                if (step === 'add') await add();
                else if (victim !== undefined) {
                  await objects.delete(`${folder}${victim}/x`);
                  present.delete(victim);
                  allTheTime.delete(victim);
                }
              }
            } while (cursor !== undefined);
            expect(new Set(seen).size).toBe(seen.length);
            expect(seen).toEqual(order === 'newest first' ? [...seen].sort().reverse() : [...seen].sort());
            expect([...allTheTime].filter((id) => !seen.includes(id))).toEqual([]);
          },
        ),
        { numRuns: 25 },
      );
    });
  }

  test('refuse a cursor that no page gave', async () => {
    const { objects } = testStore();
    const page = pageOf(
      (last) => foldersOf(objects, 'a/', last),
      async (id) => ({ id }),
      { limit: 1, cursor: '../x' },
    );
    await expect(page).rejects.toThrow(InvalidCursor);
  });

  test('newest first reaches back over years when a folder is too large to be read at once', async () => {
    const day = 86_400_000;
    const times = Array.from({ length: 1200 }, (_, i) => Date.now() - (i < 600 ? i * 1000 : i * i * day * 0.01));
    const ids = times.map((msecs) => v7({ msecs })).sort();
    const sorted = [...ids].sort();
    const objects = {
      ...testStore().objects,
      listFoldersBefore: async () => undefined,
      listFolders: async (_: string, { after = '', limit }: { after?: string; limit: number }) =>
        sorted.filter((id) => id > after).slice(0, limit),
    };
    expect(await collect(newestFirst(objects, 'a/'))).toEqual([...sorted].reverse());
    const middle = sorted[700]!;
    expect(await collect(newestFirst(objects, 'a/', middle))).toEqual(sorted.slice(0, 700).reverse());
  });
});
