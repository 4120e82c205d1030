import { afterEach, describe, expect, test } from '@jest/globals';
import { StoreUnavailable } from '../errors.js';
import { newId } from '../records/ids.js';
import { linesOf, startStoreProcess } from '../testing/run-store-process.js';
import { addImage, imageContent, imageDescription, nextPlace } from '../testing/test-images.js';
import { collect, testStore } from '../testing/test-store.js';
import { countImages } from './image-keys.js';

const hour = 3_600_000;
let restore = () => undefined as unknown;
afterEach(() => void restore());

async function setUp() {
  const made = testStore();
  const { datasets, images } = made.tenant;
  const { id } = await datasets.create({ name: 'a' });
  const prepared = async (count: number) => {
    const all = [];
    for (let i = 0; i < count; i++) {
      all.push(await images.prepare(id, imageDescription(), imageContent(`${i}`), nextPlace()));
    }
    return all;
  };
  const record = async () =>
    JSON.parse(Buffer.from((await made.objects.get(`${made.prefix}datasets/${id}/dataset.json`))!.bytes).toString());
  return { ...made, datasets, images, id, prepared, record };
}

describe('the counts of a data set', () => {
  test('are those of its images after uploads and deletions, and stand in its record', async () => {
    const { images, id, prepared, record } = await setUp();
    const all = await prepared(3);
    await images.commit(id, all);
    expect(await record()).toMatchObject({ counts: { total: 3, train: { normal: 3 } } });
    await images.commit(id, all);
    expect((await images.counts(id)).total).toBe(3);
    await images.delete(id, all[1]!.id);
    expect((await record()).counts).toBeUndefined();
    expect((await images.counts(id)).total).toBe(2);
    expect(await record()).toMatchObject({ counts: { total: 2 } });
    expect((await record()).changes).toBeUndefined();
  });

  test('are right while an upload commits, when it fails in the middle, and afterwards', async () => {
    const { objects, images, id, prepared, record } = await setUp();
    await images.commit(id, await prepared(1));
    const seen: number[] = [];
    const put = objects.put.bind(objects);
    restore = () => Object.assign(objects, { put });
    Object.assign(objects, {
      put: async (...[key, ...rest]: Parameters<typeof put>) => {
        if (key.includes('/images/')) {
          seen.push((await images.counts(id)).total);
          if (seen.length === 3) throw new StoreUnavailable('The store is away.');
        }
        return put(key, ...rest);
      },
    });
    await expect(images.commit(id, await prepared(4))).rejects.toThrow('The store is away.');
    expect(seen).toEqual([1, 2, 3]);
    expect((await images.counts(id)).total).toBe(1);
    expect(await record()).toMatchObject({ counts: { total: 1 } });
  });

  test('are right with a writer that was killed, and written down again once it counts as dead', async () => {
    const { url, datasets, images, id, prepared, record, advance } = await setUp();
    await images.commit(id, await prepared(2));
    const writer = startStoreProcess(url, `commitImages ${id} ${newId()}`, 40);
    for await (const line of writer.lines) {
      if (line === '3') writer.child.kill('SIGKILL');
    }
    expect(await writer.ended).toBe('SIGKILL');
    const there = (await collect(images.all(id))).length;
    expect(there).toBeGreaterThanOrEqual(5);
    expect((await images.counts(id)).total).toBe(there);
    expect((await record()).changes).toHaveLength(1);
    advance(hour + 1000);
    await datasets.sweep();
    expect(await record()).toMatchObject({ counts: { total: there } });
    expect((await record()).changes).toBeUndefined();
  });

  test('of a writer that wakes up after it was given up on are counted anew', async () => {
    const { objects, datasets, images, id, prepared, advance } = await setUp();
    const put = objects.put.bind(objects);
    restore = () => Object.assign(objects, { put });
    let creates = 0;
    Object.assign(objects, {
      put: async (...[key, ...rest]: Parameters<typeof put>) => {
        if (key.includes('/images/') && ++creates === 2) {
          advance(2 * hour);
          await datasets.sweep();
        }
        return put(key, ...rest);
      },
    });
    await images.commit(id, await prepared(3));
    expect((await images.counts(id)).total).toBe(3);
  });

  test('of two processes that upload at once add up', async () => {
    const { url, images, id } = await setUp();
    await Promise.all([1, 2].map(() => linesOf(startStoreProcess(url, `commitImages ${id} ${newId()}`, 10))));
    expect((await images.counts(id)).total).toBe(20);
    expect(await images.counts(id)).toEqual(countImages(await collect(images.all(id))));
  });

  test('that an earlier version left out or got wrong are put right', async () => {
    const { objects, prefix, datasets, images, id, record } = await setUp();
    await addImage(images, id, imageDescription(), imageContent('a'));
    const key = `${prefix}datasets/${id}/dataset.json`;
    const write = async (fields: object) => {
      const { counts, ...rest } = await record();
      await objects.put(key, Buffer.from(JSON.stringify({ ...rest, ...fields })));
    };
    await write({});
    expect((await images.counts(id)).total).toBe(1);
    expect(await record()).toMatchObject({ counts: { total: 1 } });
    await write({ counts: { total: 7, train: { normal: 7, abnormal: 0 }, test: { normal: 0, abnormal: 0 } } });
    await datasets.sweep();
    expect((await datasets.get(id)).counts.total).toBe(1);
  });
});
