import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ListOptions, ObjectStore } from '../object-store.js';
import { idBoundary } from './ids.js';
import { newestFirst } from './pages.js';

const idsAt = (times: readonly number[]) =>
  times.map((time, i) => `${idBoundary(Math.floor(time))}7000-8000-${i.toString(16).padStart(12, '0')}`).sort();

/** A store that lists these ids, ascending only, and counts its requests and what they answer. */
function storeWith(ids: string[]) {
  const counts = { requests: 0, names: 0 };
  const objects = {
    listFoldersBefore: async () => undefined,
    async listFolders(_folder: string, { after = '', limit }: ListOptions) {
      let [low, high] = [0, ids.length];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (ids[middle]! > after) high = middle;
        else low = middle + 1;
      }
      const found = ids.slice(low, low + limit);
      counts.requests++;
      counts.names += found.length;
      return found;
    },
  } as unknown as ObjectStore;
  return { ids, objects, counts };
}

/** Ids whose times are `everyMs` apart and end now. */
function storeOf(count: number, everyMs: number) {
  const now = Date.now();
  return storeWith(idsAt(Array.from({ length: count }, (_, i) => now - (count - i) * everyMs)));
}

async function take(ids: AsyncIterable<string>, count: number): Promise<string[]> {
  const taken: string[] = [];
  for await (const id of ids) {
    taken.push(id);
    if (taken.length === count) break;
  }
  return taken;
}

describe.each([
  ['a millisecond', 1],
  ['a second', 1000],
  ['ten minutes', 600_000],
  ['three hours', 10_800_000],
])('ids of %s each', (_name, everyMs) => {
  test.each([1_000, 10_000, 100_000])('of %d the first page costs as few requests', async (count) => {
    const { ids, objects, counts } = storeOf(count, everyMs);
    expect(await take(newestFirst(objects, 'jobs/', undefined, 100), 100)).toEqual(ids.slice(-100).reverse());
    expect(counts.requests).toBeLessThanOrEqual(12);
  });

  test('a page from the middle costs no more', async () => {
    const { ids, objects, counts } = storeOf(50_000, everyMs);
    const behind = newestFirst(objects, 'jobs/', ids[25_000], 100);
    expect(await take(behind, 100)).toEqual(ids.slice(24_900, 25_000).reverse());
    expect(counts.requests).toBeLessThanOrEqual(4);
  });

  test('pages after it cost one or two, and some hundred names, wherever they are', async () => {
    const { ids, objects, counts } = storeOf(50_000, everyMs);
    await take(newestFirst(objects, 'jobs/', undefined, 6), 6);
    for (const at of [50_000, 25_000, 24_994, 1_000, 50_000]) {
      Object.assign(counts, { requests: 0, names: 0 });
      const page = await take(newestFirst(objects, 'jobs/', ids[at], 6), 6);
      expect(page).toEqual(ids.slice(at - 6, at).reverse());
      expect(counts.requests).toBeLessThanOrEqual(2);
      expect(counts.names).toBeLessThanOrEqual(300);
    }
  });

  test('a page of five from the middle asks for a few hundred names', async () => {
    const { ids, objects, counts } = storeOf(50_000, everyMs);
    expect(await take(newestFirst(objects, 'jobs/', ids[25_000], 6), 6)).toEqual(ids.slice(24_994, 25_000).reverse());
    expect(counts.names).toBeLessThanOrEqual(700);
  });
});

test('a long silence after many ids costs a dozen requests', async () => {
  const monday = Date.now() - 60 * 3_600_000;
  const { ids, objects, counts } = storeWith(idsAt(Array.from({ length: 20_000 }, (_, i) => monday - i * 20_000)));
  expect(await take(newestFirst(objects, 'jobs/', undefined, 6), 6)).toEqual(ids.slice(-6).reverse());
  expect(counts.requests).toBeLessThanOrEqual(12);
});

/** Some ids of one time and place, as far ago as its power of two says, or in the future. */
const burst = fc.record({
  count: fc.integer({ min: 1, max: 1500 }),
  agoMs: fc.oneof(
    fc.integer({ min: 0, max: 40 }).map((power) => 2 ** power),
    fc.integer({ min: -5_000_000, max: 0 }),
  ),
  everyMs: fc.constantFrom(0, 0.01, 1, 700, 90_000),
});

const someBursts = fc.array(burst, { maxLength: 5 });

function idsOf(bursts: readonly { count: number; agoMs: number; everyMs: number }[]): string[] {
  const now = Date.now();
  return idsAt(
    bursts.flatMap(({ count, agoMs, everyMs }) => Array.from({ length: count }, (_, i) => now - agoMs - i * everyMs)),
  );
}

/** All ids newest first, and those older than the one in the middle. */
async function expectWholeWalks(objects: ObjectStore, ids: readonly string[], wanted: number): Promise<void> {
  const all = await take(newestFirst(objects, 'jobs/', undefined, wanted), Number.POSITIVE_INFINITY);
  expect(all).toEqual([...ids].reverse());
  const middle = ids[ids.length >> 1];
  if (middle === undefined) return;
  const older = await take(newestFirst(objects, 'jobs/', middle, wanted), Number.POSITIVE_INFINITY);
  expect(older).toEqual(ids.slice(0, ids.length >> 1).reverse());
}

test('bursts, silences and clocks that are ahead are walked over whole and in order, whatever is wanted', async () => {
  await fc.assert(
    fc.asyncProperty(someBursts, fc.integer({ min: 1, max: 1500 }), async (bursts, wanted) => {
      const { ids, objects } = storeWith(idsOf(bursts));
      await expectWholeWalks(objects, ids, wanted);
    }),
    { numRuns: 60 },
  );
});

test('what earlier pages saw leaves nothing out, whatever came and went since', async () => {
  await fc.assert(
    fc.asyncProperty(someBursts, someBursts, fc.integer({ min: 1, max: 1500 }), async (before, after, wanted) => {
      const { ids, objects } = storeWith(idsOf(before));
      await take(newestFirst(objects, 'jobs/', undefined, wanted), wanted);
      ids.splice(0, ids.length, ...idsOf(after));
      await expectWholeWalks(objects, ids, wanted);
    }),
    { numRuns: 60 },
  );
});
