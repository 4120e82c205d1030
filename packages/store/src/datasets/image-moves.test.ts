import { describe, expect, test } from '@jest/globals';
import { type Label, resolveAdaptationOptions, type Split } from '@mediclip/contracts';
import fc from 'fast-check';
import { RecordInUse, RecordNotFound } from '../errors.js';
import { addImage, imageContent, imageDescription, nextPlace } from '../testing/test-images.js';
import { collect, testStore } from '../testing/test-store.js';

/** A data set of one image, normal and for training. */
async function oneImage() {
  const service = testStore();
  const { id: datasetId } = await service.tenant.datasets.create({ name: 'Scans' });
  const image = await addImage(service.tenant.images, datasetId, imageDescription(), imageContent('pixels', 'mask'));
  const { tenant } = service;
  const places = async () => ({
    listed: (await collect(tenant.images.all(datasetId))).map(({ id, split, label }) => ({ id, split, label })),
    counts: (await tenant.datasets.get(datasetId)).counts,
  });
  const at = (split: Split, label: Label) => {
    const none = { normal: 0, abnormal: 0 };
    const counts = { total: 1, train: none, test: none, [split]: { ...none, [label]: 1 } };
    return { listed: [{ id: image.id, split, label }], counts };
  };
  return { ...service, datasetId, image, places, at };
}

describe('moving an image', () => {
  test('changes its split and label, its counts and lists, and nothing else of it', async () => {
    const { tenant, datasetId, image, places, at, keys } = await oneImage();
    const moved = await tenant.images.move(datasetId, image.id, { split: 'test', label: 'abnormal' });
    expect(moved).toEqual({ ...image, split: 'test', label: 'abnormal' });
    expect(await tenant.images.get(datasetId, image.id)).toEqual(moved);
    expect(await places()).toEqual(at('test', 'abnormal'));
    expect((await tenant.images.list(datasetId, { limit: 9 }, { split: 'train' })).items).toEqual([]);
    expect(await tenant.images.move(datasetId, image.id, { label: 'abnormal' })).toEqual(moved);
    expect((await tenant.images.list(datasetId, { limit: 9 }, { split: 'test' })).items).toEqual([moved]);
    expect(await tenant.images.move(datasetId, image.id, { split: 'train', label: 'normal' })).toEqual(image);
    expect(await places()).toEqual(at('train', 'normal'));
    expect(new TextDecoder().decode(await tenant.images.bytes(image))).toBe('pixels');
    await tenant.images.move(datasetId, image.id, { split: 'test' });
    await tenant.images.delete(datasetId, image.id);
    expect(await places()).toMatchObject({ listed: [], counts: { total: 0 } });
    expect((await keys()).filter((key) => key.includes(image.id))).toEqual([]);
    await expect(tenant.images.move(datasetId, image.id, { split: 'train' })).rejects.toThrow(RecordNotFound);
  });

  test('is refused while a job uses the data set', async () => {
    const { tenant, datasetId, image, places, at } = await oneImage();
    const options = resolveAdaptationOptions({});
    const { job } = await tenant.jobs.create({ kind: 'adaptation', request: { datasetId, options } });
    await expect(tenant.images.move(datasetId, image.id, { split: 'test' })).rejects.toThrow(RecordInUse);
    expect(await places()).toEqual(at('train', 'normal'));
    await tenant.jobs.requestCancel(job.id);
    await tenant.images.move(datasetId, image.id, { split: 'test' });
    expect(await places()).toEqual(at('test', 'normal'));
  });

  test('whose process dies in the middle leaves the image once, where it was', async () => {
    const { url, tenant, datasetId, image, places, at, store, advance } = await oneImage();
    const dying = testStore(url);
    const put = dying.objects.put.bind(dying.objects);
    Object.assign(dying.objects, {
      put: (...[key, ...rest]: Parameters<typeof put>) =>
        key.endsWith('.train.normal.json') ? Promise.reject(new Error('died')) : put(key, ...rest),
    });
    await expect(dying.tenant.images.move(datasetId, image.id, { split: 'test' })).rejects.toThrow('died');
    expect(await places()).toEqual(at('train', 'normal'));
    await tenant.images.move(datasetId, image.id, { split: 'test', label: 'abnormal' });
    advance(2 * 86_400_000);
    await store.sweep();
    expect(await places()).toEqual(at('test', 'abnormal'));
    expect(new TextDecoder().decode(await tenant.images.bytes(image))).toBe('pixels');
  });

  test('is not undone by an upload that is repeated, and counts once for it', async () => {
    const { tenant, datasetId } = await oneImage();
    const place = nextPlace();
    const prepare = () => tenant.images.prepare(datasetId, imageDescription(), imageContent('again'), place);
    const prepared = await prepare();
    await tenant.images.commit(datasetId, [prepared]);
    const count = await tenant.images.countOfUpload(datasetId, place.uploadId);
    await tenant.images.move(datasetId, prepared.id, { label: 'abnormal' });
    await tenant.images.commit(datasetId, [await prepare()]);
    expect((await tenant.images.get(datasetId, prepared.id)).label).toBe('abnormal');
    expect(await tenant.images.countOfUpload(datasetId, place.uploadId)).toBe(count);
    expect(await tenant.images.counts(datasetId)).toMatchObject({ total: 2, train: { normal: 1, abnormal: 1 } });
  });

  test('at the same time as others, or as its deletion, leaves it in one place or in none', async () => {
    const place = fc.record({
      split: fc.constantFrom('train' as const, 'test' as const),
      label: fc.constantFrom('normal' as const, 'abnormal' as const),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(place, { minLength: 2, maxLength: 4 }), fc.boolean(), async (targets, isDeleted) => {
        const { tenant, datasetId, image, places, at, keys } = await oneImage();
        const { images } = tenant;
        await Promise.allSettled([
          ...targets.map((target) => images.move(datasetId, image.id, target)),
          ...(isDeleted ? [images.delete(datasetId, image.id)] : []),
        ]).then((ends) => {
          for (const end of ends) {
            if (end.status === 'rejected' && !(isDeleted && end.reason instanceof RecordNotFound)) throw end.reason;
          }
        });
        const [found] = (await places()).listed;
        if (isDeleted) {
          expect(await places()).toMatchObject({ listed: [], counts: { total: 0 } });
          expect((await keys()).filter((key) => key.includes(image.id))).toEqual([]);
        } else {
          expect(targets).toContainEqual({ split: found!.split, label: found!.label });
          expect(await places()).toEqual(at(found!.split, found!.label));
        }
      }),
      { numRuns: 8 },
    );
  });
});
