import { readdirSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { newId } from '../records/ids.js';
import { systemCallsOf } from '../testing/system-calls.js';
import { imageContent, imageDescription, nextPlace } from '../testing/test-images.js';
import { testStore } from '../testing/test-store.js';

/** A data set with `count` images, and a folder of images that has rested, as all but the newest have. */
async function filled(count: number) {
  const { tenant, url, prefix } = testStore();
  const { id } = await tenant.datasets.create({ name: 'many' });
  const image = await tenant.images.prepare(id, imageDescription(), imageContent('pixels'), nextPlace());
  const images = Array.from({ length: count }, () => ({ ...image, id: newId() }));
  await tenant.images.commit(id, images);
  const folder = path.join(fileURLToPath(url), prefix, 'datasets', id, 'images');
  expect(readdirSync(folder)).toHaveLength(count);
  utimesSync(folder, new Date(0), new Date(0));
  return { ...tenant, id, images: tenant.images, all: images };
}

test('counts, one image, and a page cost as many system calls with 240 images as with 80', async () => {
  const calls = async (count: number) => {
    const { datasets, images, id, all } = await filled(count);
    const cursor = all[count / 2]!.id;
    const page = () => images.list(id, { limit: 10, cursor });
    await page();
    return {
      counts: await systemCallsOf(() => images.counts(id)),
      dataset: await systemCallsOf(() => datasets.get(id)),
      image: await systemCallsOf(() => images.get(id, all[7]!.id)),
      page: await systemCallsOf(page),
    };
  };
  const few = await calls(80);
  expect(await calls(240)).toEqual(few);
  expect(few.counts).toBeLessThan(20);
  expect(few.image).toBeLessThan(60);
});

test('counting images that have to be counted reads their folder, and none of them', async () => {
  const { images, id, all } = await filled(120);
  await images.delete(id, all[0]!.id);
  expect(await systemCallsOf(() => images.counts(id))).toBeLessThan(80);
  expect((await images.counts(id)).total).toBe(119);
});
