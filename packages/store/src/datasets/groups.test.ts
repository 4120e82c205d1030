import { describe, expect, test } from '@jest/globals';
import type { Image, Split } from '@mediclip/contracts';
import { GroupParted } from '../errors.js';
import { addImage, imageContent, imageDescription, nextPlace } from '../testing/test-images.js';
import { collect, testStore } from '../testing/test-store.js';

async function emptySet() {
  const service = testStore();
  const { id: datasetId } = await service.tenant.datasets.create({ name: 'Scans' });
  const { images } = service.tenant;
  const prepare = (group: string | undefined, split: Split) =>
    images.prepare(datasetId, imageDescription({ split, ...(group && { group }) }), imageContent('x'), nextPlace());
  const add = (group: string | undefined, split: Split) =>
    addImage(images, datasetId, imageDescription({ split, ...(group && { group }) }), imageContent('x'));
  const places = async () => (await collect(images.all(datasetId))).map((image) => `${image.group} ${image.split}`);
  const move = (image: Image, change: Parameters<typeof images.move>[2]) => images.move(datasetId, image.id, change);
  return { ...service, datasetId, images, prepare, add, places, move };
}

describe('a group', () => {
  test('is not parted by an upload, of which nothing stays, and is free when its images are gone', async () => {
    const { add, prepare, images, datasetId, places, keys } = await emptySet();
    const first = await add('a', 'train');
    await add('b', 'test');
    await add(undefined, 'test');
    const late = [await prepare('c', 'test'), await prepare('a', 'test')];
    await expect(images.commit(datasetId, late)).rejects.toMatchObject({ code: 'group-parted', group: 'a' });
    const parted = [await prepare('d', 'train'), await prepare('d', 'test')];
    await expect(images.commit(datasetId, parted)).rejects.toThrow('"d"');
    expect(await places()).toEqual(['a train', 'b test', 'undefined test']);
    await images.delete(datasetId, first.id);
    await add('a', 'test');
    await add('c', 'train');
    expect((await keys()).filter((key) => key.includes('/groups/')).join()).not.toMatch(/\ba\b/);
  });

  test('is not parted by a move, moves as a whole, and is left and joined', async () => {
    const { add, places, move } = await emptySet();
    const [one] = [await add('a', 'train'), await add('a', 'train'), await add('b', 'test')];
    await expect(move(one, { split: 'test' })).rejects.toThrow(GroupParted);
    await expect(move(one, { group: 'b' })).rejects.toThrow(GroupParted);
    expect(await places()).toEqual(['a train', 'a train', 'b test']);
    expect(await move(one, { split: 'test', wholeGroup: true })).toMatchObject({ split: 'test', group: 'a' });
    expect(await places()).toEqual(['a test', 'a test', 'b test']);
    expect(await move(one, { group: null, split: 'train' })).not.toHaveProperty('group');
    expect(await move(one, { group: 'b', split: 'test' })).toMatchObject({ group: 'b' });
    await move(one, { split: 'train', label: 'normal', wholeGroup: true });
    expect(await places()).toEqual(['b train', 'a test', 'b train']);
    await add('a', 'test');
  });

  test('of which images come to both splits at once is in one of them', async () => {
    const { prepare, images, datasetId, add, places, move } = await emptySet();
    const loose = await add(undefined, 'test');
    for (const group of ['a', 'b', 'c', 'd']) {
      const uploads = await Promise.all([prepare(group, 'train'), prepare(group, 'test'), prepare(group, 'train')]);
      await Promise.allSettled([...uploads.map((image) => images.commit(datasetId, [image])), move(loose, { group })]);
    }
    const splits = new Map<string, Set<string>>();
    for (const place of await places()) {
      const [group, split] = place.split(' ') as [string, string];
      splits.set(group, (splits.get(group) ?? new Set()).add(split));
    }
    expect([...splits.values()].filter(({ size }) => size > 1)).toEqual([]);
  });
});
