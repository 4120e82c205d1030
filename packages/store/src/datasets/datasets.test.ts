import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { DamagedContent, DamagedRecord, RecordExists, RecordNotFound } from '../errors.js';
import { newId } from '../records/ids.js';
import { linesOf, startStoreProcess } from '../testing/run-store-process.js';
import { addImage, imageContent, imageDescription, nextPlace } from '../testing/test-images.js';
import { collect, testStore } from '../testing/test-store.js';
import { datasetDigest } from './dataset-digest.js';

function setUp() {
  const { tenant, ...rest } = testStore();
  return { ...rest, datasets: tenant.datasets, images: tenant.images };
}

const day = 86_400_000;

describe('data sets', () => {
  test('are created empty, read, listed newest first and deleted', async () => {
    const { keys, datasets } = setUp();
    const first = await datasets.create({ name: 'Brain MRI', modality: 'MR' });
    const second = await datasets.create({ name: 'Brain MRI' });
    expect(first.counts).toEqual({ total: 0, train: { normal: 0, abnormal: 0 }, test: { normal: 0, abnormal: 0 } });
    expect(await datasets.get(first.id)).toEqual(first);
    expect(await datasets.list({ limit: 10 })).toEqual({ items: [second, first] });
    await datasets.delete(first.id);
    await expect(datasets.get(first.id)).rejects.toThrow(RecordNotFound);
    await expect(datasets.delete(first.id)).rejects.toThrow(RecordNotFound);
    await datasets.delete(second.id);
    expect(await keys()).toEqual([]);
  });

  test('an id is taken once', async () => {
    const { datasets } = setUp();
    const { id } = await datasets.create({ name: 'a' });
    await expect(datasets.create({ name: 'b' }, id)).rejects.toThrow(RecordExists);
  });

  test.each(['', '..', '../../other/datasets/x', 'nobody', '0193F3A2-7C1E-7D3A-9B5F-2F1C8A6E4D10'])(
    'nothing has the id %j',
    async (id) => {
      const { datasets, images } = setUp();
      await expect(datasets.get(id)).rejects.toThrow(RecordNotFound);
      await expect(datasets.delete(id)).rejects.toThrow(RecordNotFound);
      await expect(images.list(id, { limit: 1 })).rejects.toThrow(RecordNotFound);
      const { id: real } = await datasets.create({ name: 'a' });
      await expect(images.get(real, id)).rejects.toThrow(RecordNotFound);
    },
  );

  test("another tenant's ids are unknown", async () => {
    const { store, tenant: mine } = testStore();
    const theirs = store.tenant('other');
    const { id } = await theirs.datasets.create({ name: 'theirs' });
    await expect(mine.datasets.get(id)).rejects.toThrow(RecordNotFound);
    await expect(mine.datasets.delete(id)).rejects.toThrow(RecordNotFound);
    expect(await mine.datasets.list({ limit: 10 })).toEqual({ items: [] });
  });

  test('a record that was changed by hand is refused, not guessed at', async () => {
    const { objects, prefix, datasets } = setUp();
    const { id } = await datasets.create({ name: 'a' });
    const key = `${prefix}datasets/${id}/dataset.json`;
    for (const damage of ['{', '{}', '{"revision":2,"schemaVersion":2}']) {
      await objects.put(key, new TextEncoder().encode(damage));
      await expect(datasets.get(id)).rejects.toThrow(DamagedRecord);
    }
  });
});

describe('images', () => {
  test('are counted, listed in order of upload, filtered, read and deleted with their bytes', async () => {
    const { keys, datasets, images } = setUp();
    const { id } = await datasets.create({ name: 'a' });
    const added = [];
    for (let i = 0; i < 40; i++) {
      const description = imageDescription({
        fileName: `${i}.png`,
        split: i % 2 ? 'test' : 'train',
        label: i % 4 === 3 ? 'abnormal' : 'normal',
      });
      added.push(
        await addImage(images, id, description, imageContent(`pixels ${i}`, i % 4 === 3 ? 'mask' : undefined)),
      );
    }
    const counts = { total: 40, train: { normal: 20, abnormal: 0 }, test: { normal: 10, abnormal: 10 } };
    expect(await images.counts(id)).toEqual(counts);
    expect((await datasets.get(id)).counts).toEqual(counts);
    expect(await collect(images.all(id))).toEqual(added);
    expect(await collect(images.all(id, { split: 'test', label: 'abnormal' }))).toEqual(
      added.filter(({ mask }) => mask),
    );

    const walked = [];
    let cursor: string | undefined;
    do {
      const page = await images.list(id, { limit: 3, cursor }, { split: 'test' });
      walked.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor);
    expect(walked).toEqual(added.filter(({ split }) => split === 'test'));

    const image = await images.get(id, added[3]!.id);
    expect(image).toEqual(added[3]);
    expect(Buffer.from(await images.bytes(image)).toString()).toBe('pixels 3');
    expect(Buffer.from((await images.maskBytes(image))!).toString()).toBe('mask');
    expect((await buffer((await images.content(image)).stream)).toString()).toBe('pixels 3');
    expect(await images.maskBytes(added[0]!)).toBeUndefined();

    await images.delete(id, image.id);
    await expect(images.get(id, image.id)).rejects.toThrow(RecordNotFound);
    expect((await keys()).filter((key) => key.includes(image.id))).toEqual([]);
    expect((await images.counts(id)).total).toBe(39);
    await datasets.delete(id);
    expect(await keys()).toEqual([]);
  });

  test('bytes lie under their SHA-256, and equal bytes of another data set survive a deletion', async () => {
    const { keys, datasets, images } = setUp();
    const [a, b] = [await datasets.create({ name: 'a' }), await datasets.create({ name: 'b' })];
    const first = await addImage(images, a.id, imageDescription(), imageContent('same'));
    const second = await addImage(images, b.id, imageDescription(), imageContent('same'));
    expect(await keys()).toContain(`blobs/${a.id}/${first.id}/${first.sha256}`);
    expect(second.sha256).toBe(first.sha256);
    await datasets.delete(a.id);
    expect(Buffer.from(await images.bytes(second)).toString()).toBe('same');
  });

  test('changed or missing bytes are told', async () => {
    const { objects, prefix, datasets, images } = setUp();
    const { id } = await datasets.create({ name: 'a' });
    const image = await addImage(images, id, imageDescription(), imageContent('pixels'));
    const key = `${prefix}blobs/${id}/${image.id}/${image.sha256}`;
    await objects.put(key, new TextEncoder().encode('others'));
    await expect(images.bytes(image)).rejects.toThrow(DamagedContent);
    await objects.delete(key);
    await expect(images.bytes(image)).rejects.toThrow(DamagedContent);
    await expect(images.content(image)).rejects.toThrow(DamagedContent);
  });

  test('that were prepared are no part of the data set before the commit, and leave nothing when discarded', async () => {
    const { keys, datasets, images } = setUp();
    const { id } = await datasets.create({ name: 'a' });
    const before = await keys();
    const prepared = [];
    for (const text of ['1', '2'])
      prepared.push(await images.prepare(id, imageDescription(), imageContent(text, text), nextPlace()));
    expect((await images.counts(id)).total).toBe(0);
    await images.discard(id, prepared);
    expect(await keys()).toEqual(before);
  });

  test('of an upload that the deletion of its data set overtakes are not kept', async () => {
    const { keys, datasets, images } = setUp();
    const { id } = await datasets.create({ name: 'a' });
    const prepared = await images.prepare(id, imageDescription(), imageContent('late'), nextPlace());
    await datasets.delete(id);
    await expect(images.commit(id, [prepared])).rejects.toThrow(RecordNotFound);
    expect(await keys()).toEqual([]);
  });

  test('of an upload whose process was killed while it committed are each there once after its repeat', async () => {
    const { url, datasets, images } = setUp();
    const { id } = await datasets.create({ name: 'a' });
    const upload = `commitImages ${id} ${newId()}`;
    const first = startStoreProcess(url, upload, 12);
    for await (const line of first.lines) if (line === '4') first.child.kill('SIGKILL');
    expect(await first.ended).toBe('SIGKILL');
    const before = await collect(images.all(id));
    expect(before.length).toBeGreaterThanOrEqual(4);
    expect(before.length).toBeLessThan(12);
    await linesOf(startStoreProcess(url, upload, 12));
    const after = await collect(images.all(id));
    expect(after).toHaveLength(12);
    expect(after).toEqual(expect.arrayContaining(before));
    expect((await images.counts(id)).total).toBe(12);
  });

  test('that are in the data set keep their bytes when a later try of their upload is discarded', async () => {
    const { datasets, images } = setUp();
    const { id } = await datasets.create({ name: 'a' });
    const place = nextPlace();
    const prepare = () => images.prepare(id, imageDescription(), imageContent('pixels'), place);
    const image = await prepare();
    await images.commit(id, [image]);
    await images.discard(id, [await prepare()]);
    expect(Buffer.from(await images.bytes(image)).toString()).toBe('pixels');
  });

  test('that a dead upload left behind are swept after a day', async () => {
    const { objects, prefix, keys, advance, datasets, images } = setUp();
    const { id } = await datasets.create({ name: 'a' });
    const kept = await addImage(images, id, imageDescription(), imageContent('kept'));
    const before = await keys();
    await images.prepare(id, imageDescription(), imageContent('lost'), nextPlace());
    const stray = `${prefix}datasets/${newId()}/images/${newId()}.train.normal.json`;
    await objects.put(stray, new TextEncoder().encode('{}'));
    await datasets.sweep();
    expect(await keys()).toHaveLength(before.length + 2);
    advance(day + 60_000);
    await datasets.sweep();
    expect(await keys()).toEqual(before);
    expect(await images.get(id, kept.id)).toEqual(kept);
  });
});

describe('the digest of a data set', () => {
  test('depends on content, split, label and masks, not on ids and order', async () => {
    const { datasets, images } = setUp();
    const digestOf = async (contents: [string, 'train' | 'test', string?][]) => {
      const { id } = await datasets.create({ name: 'a' });
      for (const [text, split, mask] of contents) {
        await addImage(images, id, imageDescription({ split }), imageContent(text, mask));
      }
      return datasetDigest(await collect(images.all(id)));
    };
    const digest = await digestOf([
      ['1', 'train'],
      ['2', 'test', 'm'],
    ]);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(
      await digestOf([
        ['2', 'test', 'm'],
        ['1', 'train'],
      ]),
    ).toBe(digest);
    expect(
      await digestOf([
        ['1', 'train'],
        ['2', 'test'],
      ]),
    ).not.toBe(digest);
    expect(
      await digestOf([
        ['1', 'test'],
        ['2', 'test', 'm'],
      ]),
    ).not.toBe(digest);
    expect(
      await digestOf([
        ['1', 'train'],
        ['2', 'test', 'm'],
        ['1', 'train'],
      ]),
    ).not.toBe(digest);
  });
});
