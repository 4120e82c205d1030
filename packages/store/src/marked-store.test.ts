import { cpSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import { StoreUnavailable } from './errors.js';
import { openStore } from './store.js';

function setUp() {
  const root = path.join(temporaryFolder(), 'store');
  const open = () => openStore(pathToFileURL(root).href);
  return { root, open };
}

test('a store has one id, whichever process asks first', async () => {
  const { open } = setUp();
  const ids = await Promise.all(Array.from({ length: 5 }, () => open().identity()));
  expect(new Set(ids).size).toBe(1);
  expect(await open().identity()).toBe(ids[0]);
});

test.each(['an empty folder', 'no folder', 'another store'])(
  'a store whose place is taken by %s is away',
  async (what) => {
    const { root, open } = setUp();
    const store = open();
    const { datasets } = store.tenant('default');
    const { id } = await datasets.create({ name: 'a' });
    renameSync(root, `${root}-away`);
    if (what === 'an empty folder') mkdirSync(root);
    if (what === 'another store') await open().tenant('default').datasets.create({ name: 'other' });
    const there = () => (what === 'no folder' ? [] : readdirSync(root, { recursive: true }).sort());
    const before = there();

    await expect(store.check()).rejects.toThrow(StoreUnavailable);
    for (const use of [
      () => datasets.create({ name: 'b' }),
      () => store.tenant('new').datasets.create({ name: 'b' }),
      () => datasets.get(id),
      () => datasets.delete(id),
      () => store.tenant('default').idempotency.claim({ method: 'POST', path: '/', key: 'k' }),
    ]) {
      await expect(use()).rejects.toThrow(StoreUnavailable);
    }
    await expect(datasets.list({ limit: 10 })).rejects.toThrow(StoreUnavailable);
    expect(there()).toEqual(before);

    rmSync(root, { recursive: true, force: true });
    renameSync(`${root}-away`, root);
    await store.check();
    expect((await datasets.get(id)).name).toBe('a');
    expect((await datasets.create({ name: 'b' })).name).toBe('b');
  },
);

test('a copy of a store is the same store', async () => {
  const { root, open } = setUp();
  const id = await open().identity();
  cpSync(root, `${root}-copy`, { recursive: true });
  expect(await openStore(pathToFileURL(`${root}-copy`).href).identity()).toBe(id);
});
