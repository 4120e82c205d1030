import { describe, expect, test } from '@jest/globals';
import type { ListOptions, ObjectStore } from '../object-store.js';
import { idBoundary } from './ids.js';
import { newestFirst } from './pages.js';

/** Ids whose times are `everyMs` apart and end now, and a store that lists them and counts its requests. */
function storeOf(count: number, everyMs: number) {
  const now = Date.now();
  const ids = Array.from(
    { length: count },
    (_, i) => `${idBoundary(Math.floor(now - (count - i) * everyMs))}7000-8000-${i.toString(16).padStart(12, '0')}`,
  );
  let requests = 0;
  const objects = {
    async listFolders(_folder: string, { after = '', limit }: ListOptions) {
      requests++;
      let [low, high] = [0, ids.length];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (ids[middle]! > after) high = middle;
        else low = middle + 1;
      }
      return ids.slice(low, low + limit);
    },
  } as unknown as ObjectStore;
  return { ids, objects, requests: () => requests };
}

async function take(ids: AsyncIterable<string>, count: number): Promise<string[]> {
  const taken: string[] = [];
  for await (const id of ids) {
    taken.push(id);
    if (taken.length === count) break;
  }
  return taken;
}

const day = 86_400_000;

describe.each([
  ['a millisecond', 1, 32],
  ['a second', 1000, 16],
  ['ten minutes', 600_000, 16],
  ['three hours', 10_800_000, 16],
])('ids of %s each', (_name, everyMs, most) => {
  test.each([1_000, 10_000, 100_000])('of %d the first page costs as few requests', async (count) => {
    const { ids, objects, requests } = storeOf(count, everyMs);
    expect(await take(newestFirst(objects, 'jobs/'), 100)).toEqual(ids.slice(-100).reverse());
    expect(requests()).toBeLessThanOrEqual(most);
  });

  test('a page from the middle costs no more', async () => {
    const { ids, objects, requests } = storeOf(50_000, everyMs);
    const behind = newestFirst(objects, 'jobs/', ids[25_000]);
    expect(await take(behind, 100)).toEqual(ids.slice(24_900, 25_000).reverse());
    expect(requests()).toBeLessThanOrEqual(most);
  });
});

test('bursts and long silences are walked over whole and in order', async () => {
  const { objects } = storeOf(0, 1);
  const now = Date.now();
  const times = [...Array(3000).fill(now - 400 * day), ...Array(10).fill(now - 30 * day), ...Array(2500).fill(now - 5)];
  const ids = times.map((time, i) => `${idBoundary(time)}7000-8000-${i.toString(16).padStart(12, '0')}`);
  Object.assign(objects, {
    listFolders: async (_folder: string, { after = '', limit }: ListOptions) =>
      ids.filter((id) => id > after).slice(0, limit),
  });
  expect(await take(newestFirst(objects, 'jobs/'), Number.POSITIVE_INFINITY)).toEqual([...ids].reverse());
});
