import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SmallDisk, whyNoSmallDisk } from '@mediclip/testing';
import { StoreFull } from '../errors.js';
import { addImage, imageContent, imageDescription } from '../testing/test-images.js';
import { testStore } from '../testing/test-store.js';

const noDisk = whyNoSmallDisk();
if (noDisk) console.warn(`NOT RUN: deletions on a full disk, because ${noDisk}.`);

(noDisk ? describe.skip : describe)('on a disk without a free byte or inode', () => {
  let disk: SmallDisk;
  beforeAll(() => {
    disk = new SmallDisk(8, 400);
  });
  afterAll(() => {
    disk?.free();
    disk?.unmount();
  });

  test('data sets and their images can be deleted, and nothing else be written', async () => {
    const { store, tenant, keys } = testStore(pathToFileURL(path.join(disk.folder, 'store')).href);
    const { datasets, images } = tenant;
    const ids: string[] = [];
    for (const name of ['first', 'second']) {
      const { id } = await datasets.create({ name });
      ids.push(id);
      for (const text of ['a', 'b']) await addImage(images, id, imageDescription(), imageContent(text));
    }
    const [first, second] = ids as [string, string];
    const [image] = (await images.list(second, { limit: 1 })).items;

    disk.fill();
    await expect(datasets.create({ name: 'third' })).rejects.toThrow(StoreFull);
    await datasets.delete(first);
    await images.delete(second, image!.id);
    disk.fill();
    await expect(datasets.create({ name: 'third' })).rejects.toThrow(StoreFull);
    expect((await datasets.list({ limit: 10 })).items.map(({ name }) => name)).toEqual(['second']);
    expect((await images.list(second, { limit: 10 })).items).toHaveLength(1);
    expect((await keys()).filter((key) => key.includes(first))).toEqual([]);

    disk.free();
    await datasets.delete(second);
    await datasets.create({ name: 'third' });
    await store.close();
  });
});
